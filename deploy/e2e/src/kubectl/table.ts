// The table of a run: one line per kubectl and transport, one column per command. Pure.

/** Cells by row and column, in the order of their coming. */
export class ResultTable {
  readonly #title: string;
  readonly #rows = new Map<string, Map<string, string>>();
  readonly #columns: string[] = [];

  constructor(title: string) {
    this.#title = title;
  }

  set(row: string, column: string, text: string): void {
    if (!this.#columns.includes(column)) this.#columns.push(column);
    const cells = this.#rows.get(row) ?? new Map<string, string>();
    this.#rows.set(row, cells.set(column, text));
  }

  text(): string {
    const lines = [
      [this.#title, ...this.#columns],
      ...[...this.#rows].map(([row, cells]) => [row, ...this.#columns.map((column) => cells.get(column) ?? "-")]),
    ];
    const widths = [this.#title, ...this.#columns].map((_, index) =>
      Math.max(...lines.map((line) => line[index]?.length ?? 0)),
    );
    return lines
      .map((line) =>
        line
          .map((cell, index) => cell.padEnd(widths[index] ?? 0))
          .join("  ")
          .trimEnd(),
      )
      .join("\n");
  }
}
