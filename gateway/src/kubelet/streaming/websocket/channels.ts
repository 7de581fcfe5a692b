/** Messages of the channel protocols: first the channel, then the bytes; in the base64 forms both as text. Pure. */

/** Channels of exec and attach. */
export const Channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** Protocols of exec and attach over WebSocket; the first of ours that the client offers is taken. */
export const REMOTE_COMMAND_PROTOCOLS: readonly string[] = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "channel.k8s.io",
  "base64.channel.k8s.io",
];

/** Protocols of port-forward over WebSocket without SPDY. */
export const PORT_FORWARD_PROTOCOLS: readonly string[] = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io"];

/** What a protocol means. */
export interface ChannelProtocol {
  readonly isBase64: boolean;
  /** The verdict is a metav1.Status. */
  readonly hasStatus: boolean;
  /** The client can end one channel: [255, channel]. */
  readonly canClose: boolean;
}

/** What a message says. */
export interface ChannelMessage {
  readonly channel: number;
  readonly data: Buffer;
}

/** A message to send: its first byte, and the others as they are, since they are not copied. */
export interface EncodedMessage {
  readonly isText: boolean;
  readonly first: number;
  readonly rest: Uint8Array;
}

const DIGIT_ZERO = 48;

/** Reads a protocol's name; "" is the oldest. */
export function channelProtocol(name: string): ChannelProtocol {
  return {
    isBase64: name.includes("base64"),
    hasStatus: /^v[45]\./.test(name),
    canClose: name.startsWith("v5."),
  };
}

/** The message for these bytes: text for base64, else binary. */
export function encodeMessage(protocol: ChannelProtocol, channel: number, data: Uint8Array): EncodedMessage {
  if (!protocol.isBase64) return { isText: false, first: channel, rest: data };
  return {
    isText: true,
    first: DIGIT_ZERO + channel,
    rest: Buffer.from(Buffer.from(data).toString("base64"), "latin1"),
  };
}

/** What a message says; undefined: nothing, it is empty. */
export function decodeMessage(protocol: ChannelProtocol, message: Buffer): ChannelMessage | undefined {
  const [first] = message;
  if (first === undefined) return undefined;
  if (!protocol.isBase64) return { channel: first, data: message.subarray(1) };
  return { channel: first - DIGIT_ZERO, data: Buffer.from(message.toString("latin1", 1), "base64") };
}
