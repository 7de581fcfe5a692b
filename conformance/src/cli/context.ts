/** What every command gets beside its arguments. */

/** Where text goes. */
export type Print = (text: string) => void;

/** One call of the program. */
export interface Context {
  /** A folder of this process, removed at its end. */
  readonly folder: string;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  readonly print: Print;
}
