// One exec as a client sees it: opened, first output, verdict.

import type { WebSocket } from "ws";
import { type Connector, opened } from "./connection.js";
import type { StartTimes } from "./orders.js";
import { Channel, type ContainerPlace, EXEC_PROTOCOL, execPath, failureOf, toMessage } from "./protocol.js";

export interface ExecSession {
  readonly socket: WebSocket;
  readonly opened: Promise<void>;
  /** Rejects when the output ends without any. */
  readonly firstOutput: Promise<void>;
  /** Rejects when the command did not end with 0. */
  readonly ended: Promise<ExecEnd>;
  endInput(): void;
}

export interface ExecEnd extends StartTimes {
  readonly outputBytes: number;
}

export interface ExecOrder {
  readonly place: ContainerPlace;
  readonly command: readonly string[];
  readonly stdin?: boolean;
}

export function startExec(connector: Connector, { place, command, stdin = false }: ExecOrder): ExecSession {
  const socket = connector.webSocket(execPath(place, command, stdin), EXEC_PROTOCOL);
  const progress = new Progress();
  const first = Promise.withResolvers<void>();
  const end = Promise.withResolvers<ExecEnd>();
  const fail = (error: Error): void => {
    first.reject(error);
    end.reject(error);
  };
  socket.on("message", (message: Buffer) => {
    progress.take(message);
    if (progress.outputBytes > 0) first.resolve();
  });
  socket.on("error", fail);
  socket.once("close", () => {
    const outcome = progress.end();
    if (outcome instanceof Error) return fail(outcome);
    first.reject(new Error("the command said nothing"));
    end.resolve(outcome);
  });
  const open = opened(socket).then(() => progress.open());
  // Whoever waits for one of them hears of the failure; the others must not count as unhandled.
  for (const each of [open, first.promise, end.promise]) each.catch(() => {});
  return {
    socket,
    opened: open,
    firstOutput: first.promise,
    ended: end.promise,
    endInput: () => socket.send(toMessage(Channel.close, Uint8Array.of(Channel.stdin))),
  };
}

/** Times and bytes of one session. */
class Progress {
  outputBytes = 0;
  readonly #from = performance.now();
  #openMs = Number.NaN;
  #firstMs = Number.NaN;
  #endMs = Number.NaN;
  #status = "";

  open(): void {
    this.#openMs = this.#now();
  }

  take(message: Buffer): void {
    const bytes = message.length - 1;
    if (bytes <= 0) return;
    if (message[0] === Channel.stdout) {
      if (this.outputBytes === 0) this.#firstMs = this.#now();
      this.outputBytes += bytes;
    } else if (message[0] === Channel.status) {
      this.#status += message.toString("utf8", 1);
      this.#endMs = this.#now();
    }
  }

  end(): ExecEnd | Error {
    const failure = this.#status === "" ? "it ended without a verdict" : failureOf(this.#status);
    if (failure !== undefined) return new Error(`exec: ${failure}`);
    const { outputBytes } = this;
    return { outputBytes, openMs: this.#openMs, firstMs: this.#firstMs, endMs: this.#endMs };
  }

  #now(): number {
    return performance.now() - this.#from;
  }
}
