/** The texts of a folder's manifest files, read when they stand still: a file that is being written is not taken for whole. */
import { type FSWatcher, readdirSync, readFileSync, watch } from "node:fs";
import path from "node:path";
import type { Clock } from "../ports/clock.js";

const POLL_MS = 1_000;
const SETTLE_MS = 200;
/** A folder that never stands still is taken as it is after so many looks. */
const MOST_LOOKS = 10;

/** A file's text, or why it cannot be read. */
export type FileText = { readonly text: string } | { readonly problem: string };

/** Files by path, in the order of their names. */
export type FolderTexts = ReadonlyMap<string, FileText>;

/** Reads the folder, not its sub-folders; files *.yaml, *.yml, *.json. @throws Error when the folder cannot be read */
export function readTexts(folder: string): FolderTexts {
  const names = listFolder(folder).filter((name) => /\.(ya?ml|json)$/.test(name) && !name.startsWith("."));
  return new Map(
    names
      .toSorted()
      .map((name) => path.join(folder, name))
      .map((file) => [file, readText(file)]),
  );
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new Error(`${folder}: the folder cannot be read (${codeOf(error)})`, { cause: error });
  }
}

function readText(file: string): FileText {
  try {
    return { text: readFileSync(file, "utf8") };
  } catch (error) {
    return { problem: `cannot be read (${codeOf(error)})` };
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

function sameTexts(left: FolderTexts, right: FolderTexts): boolean {
  return JSON.stringify([...left]) === JSON.stringify([...right]);
}

/** Looks at a folder when something in it changes, and every second in case that is not told. */
export class FolderReader implements Disposable {
  readonly #folder: string;
  readonly #clock: Clock;
  #watcher: FSWatcher | undefined;
  #wake = new AbortController();

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
    this.#watch();
  }

  /**
   * The texts once they have stood still for a moment; `known` itself while nothing has changed.
   * @throws Error when the folder cannot be read
   */
  async settled(known: FolderTexts | undefined, signal: AbortSignal): Promise<FolderTexts> {
    let texts = readTexts(this.#folder);
    if (known !== undefined && sameTexts(texts, known)) return known;
    for (let look = 1; look < MOST_LOOKS; look++) {
      await this.#clock.sleep(SETTLE_MS, signal);
      const again = readTexts(this.#folder);
      if (sameTexts(texts, again)) return again;
      texts = again;
    }
    return texts;
  }

  /** Resolves when it is time to look again. */
  async next(signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(POLL_MS, AbortSignal.any([signal, this.#wake.signal])).catch(() => {});
    signal.throwIfAborted();
    this.#wake = new AbortController();
    if (this.#watcher === undefined) this.#watch();
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
  }

  /** Notifications are a help, not needed: a folder that is away is polled. */
  #watch(): void {
    try {
      this.#watcher = watch(this.#folder, () => this.#wake.abort());
      this.#watcher.on("error", () => this.#unwatch());
    } catch {
      this.#watcher = undefined;
    }
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
