// The bench's side of a load client: starts the process, gives orders one after the other, ends it.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Answer, ClientSetup, Order, Outcome } from "./orders.js";

export interface LoadClient extends AsyncDisposable {
  /** Rejects when the order failed, took longer than two minutes, or the signal aborted: the client is then of no more use. */
  run(order: Order, signal: AbortSignal): Promise<Outcome>;
}

type Process = ChildProcessByStdio<Writable, Readable, null>;

const LONGEST_MS = 120_000;

/** `netns`: file of the network namespace to run in; undefined: our own. */
export function startLoadClient(setup: ClientSetup, netns: string | undefined): LoadClient {
  const program = [process.execPath, join(import.meta.dirname, "client-main.js")];
  const [command = "", ...args] = netns === undefined ? program : ["nsenter", `--net=${netns}`, "--", ...program];
  // Its end comes with its input: also when we end without ceremony.
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const gone = whenGone(child);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.stdin.on("error", () => {});
  child.stdin.write(`${JSON.stringify(setup)}\n`);
  return {
    run: async (order, signal) => {
      child.stdin.write(`${JSON.stringify(order)}\n`);
      const late = AbortSignal.timeout(LONGEST_MS);
      const limited = rejectedOn(AbortSignal.any([signal, late])).catch((error: unknown) => {
        throw signal.aborted ? error : new Error(`${order.kind}: no end within ${LONGEST_MS / 1000} s`);
      });
      const { value } = await Promise.race([answers.next(), limited, gone.then(rejectGone)]);
      return outcomeOf(value, order);
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await gone;
    },
  };
}

function outcomeOf(line: string | undefined, order: Order): Outcome {
  if (line === undefined) return rejectGone();
  const answer = JSON.parse(line) as Answer;
  if (answer.kind === "failed") throw new Error(`${order.kind}: ${answer.message}`);
  return answer.outcome;
}

function whenGone(child: Process): Promise<void> {
  return new Promise((resolve) => child.once("close", () => resolve()).once("error", () => resolve()));
}

function rejectGone(): never {
  throw new Error("the load client has ended");
}

function rejectedOn(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
}
