/** Sizes of the client's terminal: a run of JSON objects, of which only the last is of interest. */
import type { TerminalSize } from "../../ports/provider.js";

/** Longest text without an end of an object; what is longer is no size. */
const MAX_PENDING = 4096;
const MAX_CELLS = 65_535;

/** Takes sizes as they come; gives the latest that was not yet given. */
export class TerminalSizes {
  #pending = "";
  #latest: TerminalSize | undefined;
  #onSize: () => void = () => {};

  /** Replaces what is called after a size has come. */
  onSize(listener: () => void): void {
    this.#onSize = listener;
  }

  /** The latest size, once. */
  take(): TerminalSize | undefined {
    const latest = this.#latest;
    this.#latest = undefined;
    return latest;
  }

  /** Takes bytes of the client's channel, cut anywhere. What is not a size is ignored. */
  push(bytes: Uint8Array): void {
    const texts = (this.#pending + Buffer.from(bytes).toString("latin1")).split("}");
    const rest = texts.pop() ?? "";
    this.#pending = rest.length > MAX_PENDING ? "" : rest;
    const sizes = texts.map((text) => parseSize(`${text}}`)).filter((size) => size !== undefined);
    const latest = sizes.at(-1);
    if (latest === undefined) return;
    this.#latest = latest;
    this.#onSize();
  }
}

function parseSize(text: string): TerminalSize | undefined {
  try {
    const { Width: width, Height: height } = JSON.parse(text) as {
      readonly Width?: unknown;
      readonly Height?: unknown;
    };
    return isCells(width) && isCells(height) ? { width, height } : undefined;
  } catch {
    return undefined;
  }
}

function isCells(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_CELLS;
}
