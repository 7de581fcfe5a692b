/** Reads one variable from a file of `NAME='value'` lines, as strictly as the kubelet does for fileKeyRef. Pure. */

/** The file is malformed before the first match. */
export class EnvFileError extends Error {
  override readonly name = "EnvFileError";
}

const LONGEST_LINE_BYTES = 64 * 1024;

/** The value of the first match; undefined: the key is not there. Lines behind the match are not looked at. */
export function readFileKey(content: Uint8Array, key: string): Uint8Array | undefined {
  const lines = Buffer.from(content).toString("latin1").split("\n");
  const wanted = Buffer.from(key).toString("latin1");
  for (let index = 0; index < lines.length; ) {
    const entry = readEntry(lines, index);
    if (entry.name === wanted) return Buffer.from(entry.value, "latin1");
    index = entry.next;
  }
  return undefined;
}

interface Entry {
  readonly name: string | undefined;
  readonly value: string;
  readonly next: number;
}

function readEntry(lines: readonly string[], index: number): Entry {
  const line = lineAt(lines, index).replace(/^[ \t]+/, "");
  if (line === "" || line.startsWith("#")) return { name: undefined, value: "", next: index + 1 };
  const equals = line.indexOf("=");
  if (equals <= 0) throw new EnvFileError(`line ${index + 1} is not NAME='value'`);
  const name = line.slice(0, equals);
  if (/[ \t]$/.test(name)) throw new EnvFileError(`line ${index + 1} has a blank before "="`);
  const rest = line.slice(equals + 1);
  if (/^[ \t]/.test(rest)) return { name, value: "", next: index + 1 };
  if (!rest.startsWith("'")) throw new EnvFileError(`line ${index + 1} has a value without single quotes`);
  return { name, ...readQuoted(lines, index, rest.slice(1)) };
}

function readQuoted(lines: readonly string[], start: number, first: string): Omit<Entry, "name"> {
  const parts: string[] = [];
  for (let at = start, text = first; ; text = lineAt(lines, at)) {
    const quote = text.indexOf("'");
    if (quote >= 0) {
      checkTail(text.slice(quote + 1), at);
      return { value: [...parts, text.slice(0, quote)].join("\n"), next: at + 1 };
    }
    parts.push(text);
    at += 1;
    if (at >= lines.length) throw new EnvFileError(`line ${start + 1} has a quote that is never closed`);
  }
}

function checkTail(tail: string, index: number): void {
  const rest = tail.replace(/^[ \t]+/, "");
  if (rest !== "" && !rest.startsWith("#")) throw new EnvFileError(`line ${index + 1} goes on behind its value`);
}

function lineAt(lines: readonly string[], index: number): string {
  const line = lines[index] ?? "";
  if (line.length >= LONGEST_LINE_BYTES) throw new EnvFileError(`line ${index + 1} is longer than 64 KiB`);
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
