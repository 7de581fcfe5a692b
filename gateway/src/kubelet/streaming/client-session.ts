/** The client's side of one exec or attach, whatever carries it: SPDY streams or WebSocket channels. */
import type { Readable, Writable } from "node:stream";
import type { TerminalSizes } from "./terminal-sizes.js";
import type { Verdict } from "./verdict.js";

/** Which streams the client asked for. `stderr` never with `tty`. */
export interface Wanted {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** A session that the gateway ends; the message is for the client. */
export class SessionOverError extends Error {
  override readonly name = "SessionOverError";
}

export const IDLE_TEXT = "nothing was sent either way for four hours";

/** A client that is there. */
export interface ClientSession {
  /** Its end is the end of the command's standard input. */
  readonly stdin: Readable | undefined;
  readonly stdout: Writable | undefined;
  readonly stderr: Writable | undefined;
  readonly sizes: TerminalSizes;
  /** Aborts when the client is gone, or with a SessionOverError. */
  readonly gone: AbortSignal;
  /** Sends what is left of the output, then the verdict, then ends the connection so that nothing is lost. Never rejects. */
  finish(verdict: Verdict): Promise<void>;
}
