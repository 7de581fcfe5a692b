// The command line of a suite that has one of its own.

export interface CommandLine {
  readonly usage: string;
  /** @throws with a sentence about what is wrong */
  readonly read: (words: readonly string[]) => unknown;
}

/** False: the usage was printed, as asked, or what is wrong, with exit code 2. */
export function isUnderstood(name: string, line: CommandLine | undefined, words: readonly string[]): boolean {
  if (line === undefined) return true;
  if (words.includes("--help")) {
    console.log(line.usage);
    return false;
  }
  try {
    line.read(words);
    return true;
  } catch (error) {
    const [sentence] = (error instanceof Error ? error.message : String(error)).split(/[.\n]/);
    console.error(`${name}: ${sentence ?? "the arguments cannot be read"}`);
    process.exitCode = 2;
    return false;
  }
}

/** A whole number from `least` on. @throws with a sentence that names the flag */
export function wholeNumber(flag: string, text: string, least = 1): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < least) {
    throw new Error(`${flag} must be a number from ${least} on, not ${text}`);
  }
  return number;
}

/** @throws with a sentence that names the flag */
export function regularExpression(flag: string, text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw new Error(`${flag} must be a regular expression, not ${text}`);
  }
}
