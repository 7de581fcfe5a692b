/** Calls with bytes as they are: unknown fields, unknown numbers, and what is no message at all. */
import { type CallOptions, connect, type ServiceDefinition } from "@outboard/contract";
import type { Trial } from "./trial.js";

/** Part of the contract that a raw call goes to. */
export type RawService = "identity" | "node" | "pods" | "interaction" | "stats";

const NAMES: Readonly<Record<RawService, string>> = {
  identity: "outboard.provider.v1.IdentityService",
  node: "outboard.provider.v1.NodeService",
  pods: "outboard.provider.v1.PodService",
  interaction: "outboard.provider.v1.InteractionService",
  stats: "outboard.provider.v1.StatsService",
};

/** Field 1999 with a short text; no message has it. */
export const UNKNOWN_FIELD: Uint8Array = Uint8Array.from([0xfa, 0x7c, 0x03, 0x61, 0x62, 0x63]);

const BYTES = {
  encode: (bytes: Uint8Array) => ({ finish: () => bytes }),
  decode: (bytes: Uint8Array) => bytes,
};

type RawUnary = (bytes: Uint8Array, options: CallOptions) => Promise<Uint8Array>;

/** Sends bytes as the request of a unary call; gives the bytes of the answer. */
export async function rawCall(t: Trial, service: RawService, method: string, bytes: Uint8Array): Promise<Uint8Array> {
  const definition = {
    fullName: NAMES[service],
    methods: {
      call: { name: method, requestType: BYTES, requestStream: false, responseType: BYTES, responseStream: false },
    },
  };
  const client = connect(definition as unknown as ServiceDefinition, t.world.channel) as unknown as {
    readonly call: RawUnary;
  };
  const options = service === "identity" ? { signal: t.signal, deadlineMs: 5_000 } : t.options;
  return await client.call(bytes, options);
}

/** The same with a field that nobody knows behind the message. */
export async function withUnknownField(
  t: Trial,
  service: RawService,
  method: string,
  message: Uint8Array,
): Promise<Uint8Array> {
  return await rawCall(t, service, method, Buffer.concat([message, UNKNOWN_FIELD]));
}
