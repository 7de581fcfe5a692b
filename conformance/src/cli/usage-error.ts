/** The error of wrong use: exit code 2. */

/** The command line, the environment or a file is wrong; the text names flag, variable, or file and field. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Runs; what goes wrong is the user's mistake, told with `where` in front. */
export function asUsage<T>(where: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new UsageError(text.startsWith(where) ? text : `${where}: ${text}`, { cause: error });
  }
}
