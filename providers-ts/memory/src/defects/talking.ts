/** Defects of calls: streams and sessions that get in each other's way, and requests that are read too strictly. */
import { CreatePodRequest, GetNodeRequest, HandshakeRequest, StopReason } from "@outboard/contract";
import type { Guard } from "@outboard/provider-sdk";
import type { ExecFrame } from "../interaction/exec.js";
import type { ForwardFrame } from "../interaction/port-forward.js";
import type { Defect } from "./defect.js";

const WORKERS = 12;
const HELD_BACK_MS = 2_500;
const SHARED_MS = 30;

/** By name. */
export const TALKING_DEFECTS: Readonly<Record<string, Defect>> = {
  "has-a-worker-per-stream": { guard: limitedWorkers },
  "mixes-commands": {
    provider: (sound) => {
      const shared: ExecFrame[] = [];
      return {
        exec: async function* (start, input, context) {
          for await (const frame of sound.exec?.(start, input, context) ?? []) yield await throughOne(shared, frame);
        },
      };
    },
  },
  "mixes-connections": {
    provider: (sound) => {
      const shared: ForwardFrame[] = [];
      return {
        portForward: async function* (start, input, context) {
          for await (const frame of sound.portForward?.(start, input, context) ?? [])
            yield await throughOne(shared, frame);
        },
      };
    },
  },
  "ends-every-connection-with-one": {
    provider: (sound) => {
      let refused = Promise.withResolvers<undefined>();
      return {
        portForward: async function* (start, input, context) {
          const frames = framesOf(sound.portForward?.(start, input, context));
          for (;;) {
            const next = await Promise.race([frames.next(), refused.promise]);
            if (next === undefined || next.done === true) return;
            if (next.value.$case === "failed") {
              refused.resolve(undefined);
              refused = Promise.withResolvers<undefined>();
            }
            yield next.value;
          }
        },
      };
    },
  },
  "ends-the-container-with-the-attach": {
    provider: (sound) => ({
      attach: async function* (start, input, context) {
        try {
          yield* sound.attach?.(start, input, context) ?? [];
        } finally {
          await sound.stopPod(start.uid, 0, StopReason.USER);
        }
      },
    }),
  },
  "refuses-unknown-fields-of-getnode": { install: () => strict(GetNodeRequest) },
  "refuses-unknown-fields-of-handshake": { install: () => strict(HandshakeRequest) },
  "refuses-unknown-fields-of-createpod": { install: () => strict(CreatePodRequest) },
  "dies-of-bytes-that-are-no-message": { install: () => fragile(CreatePodRequest) },
};

function framesOf(frames: AsyncIterable<ForwardFrame> | undefined): AsyncIterator<ForwardFrame> {
  if (frames === undefined) throw new Error("there is no port-forward");
  return frames[Symbol.asyncIterator]();
}

/** Every stream holds a worker; a call that finds none waits. */
function limitedWorkers(): Guard {
  const streams = new Set<AbortSignal>();
  return async ({ path, signal }) => {
    if (path.endsWith("/WatchPods")) {
      streams.add(signal);
      signal.addEventListener("abort", () => streams.delete(signal), { once: true });
      return;
    }
    if (streams.size >= WORKERS) await new Promise((resolve) => setTimeout(resolve, HELD_BACK_MS));
  };
}

/** One buffer for all: who reads it gets what is in it. */
async function throughOne<Frame extends { readonly $case: string }>(shared: Frame[], frame: Frame): Promise<Frame> {
  if (frame.$case !== "stdout" && frame.$case !== "data") return frame;
  shared.push(frame);
  await new Promise((resolve) => setTimeout(resolve, SHARED_MS));
  return shared.pop() ?? frame;
}

interface Type<Message> {
  decode: (input: never, length?: number) => Message;
  encode: (message: Message) => { finish: () => Uint8Array };
}

/** What is not known makes the message shorter when it is written again. */
function strict<Message>(type: Type<Message>): void {
  const decode = type.decode.bind(type);
  type.decode = (input: Uint8Array) => {
    const message = decode(input as never);
    if (type.encode(message).finish().length < input.length) throw new Error("there is a field that nobody knows");
    return message;
  };
}

function fragile<Message>(type: Type<Message>): void {
  const decode = type.decode.bind(type);
  type.decode = (input: Uint8Array) => {
    try {
      return decode(input as never);
    } catch {
      process.exit(70);
    }
  };
}
