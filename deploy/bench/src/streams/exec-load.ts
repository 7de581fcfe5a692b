// Loads of exec: starts, bytes out, bytes in, sessions that wait.

import { type Connector, sendRepeatedly } from "./connection.js";
import { type ExecSession, startExec } from "./exec-session.js";
import type { Outcome, StartTimes } from "./orders.js";
import { Channel, type ContainerPlace, toMessage } from "./protocol.js";

/** What every load works on. */
export interface Scene {
  readonly connector: Connector;
  readonly place: ContainerPlace;
}

export const CHUNK_BYTES: number = 32 * 1024;

export interface Starts {
  readonly command: readonly string[];
  readonly count: number;
  readonly atOnce: number;
}

export async function runStarts({ connector, place }: Scene, { command, count, atOnce }: Starts): Promise<Outcome> {
  const from = performance.now();
  const starts: StartTimes[] = [];
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const { openMs, firstMs, endMs } = await startExec(connector, { place, command }).ended;
      if (Number.isNaN(firstMs)) throw new Error("a command that should say something said nothing");
      starts.push({ openMs, firstMs, endMs });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return { units: starts.length, ms: performance.now() - from, starts };
}

export interface Transfer {
  readonly command: readonly string[];
  readonly bytes: number;
}

/** From the first byte on, so that the start does not count. */
export async function runOutput({ connector, place }: Scene, { command, bytes }: Transfer): Promise<Outcome> {
  const { firstMs, endMs, outputBytes } = await startExec(connector, { place, command }).ended;
  if (outputBytes !== bytes) throw new Error(`exec: ${outputBytes} bytes of output, not ${bytes}`);
  return { units: bytes, ms: endMs - firstMs };
}

/** From the open connection until the command, which reads to the end and then says a word, has ended. */
export async function runInput({ connector, place }: Scene, { command, bytes }: Transfer): Promise<Outcome> {
  const session = startExec(connector, { place, command, stdin: true });
  await session.opened;
  const message = toMessage(Channel.stdin, Buffer.alloc(CHUNK_BYTES));
  await Promise.race([sendRepeatedly(session.socket, message, bytes / CHUNK_BYTES), session.ended]);
  session.endInput();
  const { openMs, endMs, outputBytes } = await session.ended;
  if (outputBytes === 0) throw new Error("exec: ended before the input was read");
  return { units: bytes, ms: endMs - openMs };
}

/** Sessions that wait; each was seen to work. */
export class Held {
  readonly #sessions: ExecSession[] = [];

  async hold({ connector, place }: Scene, { command, count }: Pick<Starts, "command" | "count">): Promise<Outcome> {
    const from = performance.now();
    for (let index = 0; index < count; index += 1) {
      const session = startExec(connector, { place, command, stdin: true });
      this.#sessions.push(session);
      await session.opened;
      session.socket.send(toMessage(Channel.stdin, Buffer.from("here\n")));
      await session.firstOutput;
    }
    return { units: count, ms: performance.now() - from };
  }

  async release(): Promise<Outcome> {
    const from = performance.now();
    const sessions = this.#sessions.splice(0);
    for (const session of sessions) session.endInput();
    await Promise.all(sessions.map(({ ended }) => ended));
    return { units: sessions.length, ms: performance.now() - from };
  }
}
