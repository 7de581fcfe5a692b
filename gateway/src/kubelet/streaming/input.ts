/** What the client sends, as one sequence for the provider: read only as fast as the provider takes it. */
import type { Readable } from "node:stream";
import type { SessionInput } from "../../ports/provider.js";
import type { ClientSession } from "./client-session.js";

/** Standard input and sizes until the signal aborts. The end of standard input is told once. */
export async function* sessionInput(
  { stdin, sizes }: Pick<ClientSession, "stdin" | "sizes">,
  signal: AbortSignal,
): AsyncGenerator<SessionInput> {
  const bell = createBell(signal);
  sizes.onSize(bell.ring);
  const source = stdin === undefined ? undefined : listenTo(stdin, bell.ring);
  for (let ended = false; !signal.aborted; ) {
    const size = sizes.take();
    if (size !== undefined) yield { kind: "resize", size };
    const data = source?.read();
    if (data !== undefined) yield { kind: "stdin", data };
    else if (source?.ended() === true && !ended) {
      ended = true;
      yield { kind: "stdin-end" };
    } else if (size === undefined) await bell.rung();
  }
}

/** All that can be read of a stream, until it ends. */
export async function* readAll(stream: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
  const bell = createBell(signal);
  const source = listenTo(stream, bell.ring);
  while (!signal.aborted) {
    const data = source.read();
    if (data !== undefined) yield data;
    else if (source.ended()) return;
    else await bell.rung();
  }
}

interface Source {
  read(): Buffer | undefined;
  /** A stream that was reset ends too. */
  ended(): boolean;
}

function listenTo(stream: Readable, ring: () => void): Source {
  stream.on("readable", ring).on("end", ring).on("close", ring);
  return {
    read: () => (stream.read() as Buffer | null) ?? undefined,
    ended: () => stream.readableEnded || stream.destroyed,
  };
}

/** Wakes one sleeper; rung while nobody sleeps, it wakes the next at once. */
function createBell(signal: AbortSignal): { readonly ring: () => void; readonly rung: () => Promise<void> } {
  let next = Promise.withResolvers<void>();
  const ring = (): void => next.resolve();
  signal.addEventListener("abort", ring, { once: true });
  return {
    ring,
    rung: async () => {
      await next.promise;
      next = Promise.withResolvers<void>();
    },
  };
}
