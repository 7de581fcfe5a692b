/** The size of a session's terminal, told to the engine. */
import type { TerminalSize } from "@outboard/contract";
import { type Clock, type SessionIO, sleep } from "@outboard/provider-sdk";

/** Podman takes a size before there is a terminal, and loses it without a word: the last one is told again after these pauses. */
const AGAIN_MS: readonly number[] = [200, 1_000, 3_000];

export interface SizeTools {
  readonly clock: Clock;
  readonly resize: (size: TerminalSize, signal: AbortSignal) => Promise<void>;
}

/** Tells each size as it comes, one call after the other. Rejects when the sizes break; ends early with the signal. */
export async function followSizes(
  { size, resizes }: NonNullable<SessionIO["terminal"]>,
  { clock, resize }: SizeTools,
  signal: AbortSignal,
): Promise<void> {
  let last = size;
  let telling = Promise.resolve();
  const tell = async (): Promise<void> => {
    telling = telling.then(async () => {
      if (last !== undefined && !signal.aborted) await resize(last, signal);
    });
    await telling;
  };
  const follow = async (): Promise<void> => {
    for await (const next of resizes) {
      last = next;
      await tell();
    }
  };
  const repeat = async (): Promise<void> => {
    await tell();
    for (const ms of AGAIN_MS) {
      await sleep(clock, ms, signal).catch(() => undefined);
      if (signal.aborted) return;
      await tell();
    }
  };
  await Promise.all([follow(), repeat()]);
}
