/** Sessions as a client would have them, then damaged: the request stays whole, what comes behind it does not. */
import { PassThrough } from "node:stream";
import { encodeControl } from "../../streaming/spdy/frames.js";
import { mutate, type Random } from "../../streaming/testing/random.js";
import { SpdyClient } from "../../streaming/testing/spdy-client.js";

/** A request for an upgrade and the bytes behind it. */
export interface DamagedSession {
  readonly request: string;
  readonly bytes: Buffer;
}

const CONTROL_TYPES = [1, 2, 3, 4, 6, 7, 8, 9, 200];
const OPCODES = [0, 1, 2, 2, 2, 8, 9, 10, 3, 15];
const EXEC = "/exec/default/p/c?command=cat&input=1&output=1&error=1";
const TERMINAL = "/exec/default/p/c?command=size&input=1&output=1&tty=1";
const ATTACH = "/attach/default/p/c?input=1&output=1";
const FORWARD = "/portForward/default/p";
const TUNNEL = "SPDY/3.1+portforward.k8s.io";
const WEBSOCKETS = [
  [EXEC, "v5.channel.k8s.io"],
  [EXEC, "v4.base64.channel.k8s.io"],
  [TERMINAL, "v5.channel.k8s.io"],
  [ATTACH, "v4.channel.k8s.io"],
  [`${FORWARD}?port=80&port=81`, "v4.channel.k8s.io"],
  [FORWARD, TUNNEL],
] as const;

/** Over SPDY. */
export async function damagedSpdy(random: Random): Promise<DamagedSession> {
  const [path = "", protocol = ""] =
    [
      [EXEC, "v4.channel.k8s.io"],
      [TERMINAL, "v3.channel.k8s.io"],
      [ATTACH, "v4.channel.k8s.io"],
      [FORWARD, "portforward.k8s.io"],
    ][random(4)] ?? [];
  const upgrade = `Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}`;
  return {
    request: `POST ${path} HTTP/1.1\r\nHost: n\r\n${upgrade}\r\n\r\n`,
    bytes: mutate(await spdyBytes(random), random),
  };
}

/** Over WebSocket: damaged frames, damaged messages, and damaged SPDY within a tunnel. */
export async function damagedWebSocket(random: Random): Promise<DamagedSession> {
  const [path, protocol] = WEBSOCKETS[random(WEBSOCKETS.length)] ?? WEBSOCKETS[0];
  const lines = [
    `GET ${path} HTTP/1.1\r\nHost: n\r\nConnection: Upgrade\r\nUpgrade: websocket`,
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\nSec-WebSocket-Protocol: ${protocol}`,
  ];
  const frames: Buffer[] = [];
  for (let count = 1 + random(8); count > 0; count--) frames.push(await frameOf(protocol, random));
  const bytes = Buffer.concat(frames);
  return { request: `${lines.join("\r\n")}\r\n\r\n`, bytes: random(3) === 0 ? bytes : mutate(bytes, random) };
}

async function frameOf(protocol: string, random: Random): Promise<Buffer> {
  if (protocol === TUNNEL) return webSocketFrame(2, mutate(await spdyBytes(random), random));
  const payload = Buffer.from(Array.from({ length: random(120) }, () => random(256)));
  if (payload.length > 0 && random(2) === 0) payload[0] = [0, 1, 3, 4, 48, 52, 255][random(7)] ?? 0;
  return webSocketFrame(OPCODES[random(OPCODES.length)] ?? 2, payload, random(6) !== 0);
}

/** A client's frame; the mask is all zeros. */
function webSocketFrame(opcode: number, payload: Buffer, isLast = true): Buffer {
  const head = Buffer.from([(isLast ? 0x80 : 0) | opcode, 0x80 | Math.min(payload.length, 126)]);
  const length = Buffer.alloc(payload.length < 126 ? 0 : 2);
  if (length.length > 0) length.writeUInt16BE(payload.length);
  return Buffer.concat([head, length, Buffer.alloc(4), payload]);
}

async function spdyBytes(random: Random): Promise<Buffer> {
  const client = new SpdyClient(new PassThrough());
  const parts: Buffer[] = [];
  for (const [index, streamtype] of ["error", "stdin", "stdout", "stderr", "resize", "data"].entries()) {
    parts.push(
      await client.syn(
        2 * index + 1,
        { streamtype, port: "80", requestid: String(random(3)) },
        random(8) === 0 ? 1 : 0,
      ),
    );
  }
  for (let count = random(8); count > 0; count--) {
    const id = 1 + 2 * random(7);
    if (random(2) === 0) parts.push(client.data(id, Buffer.alloc(random(400), '{"Width":1}'), random(6) === 0));
    else {
      const body = Buffer.from(Array.from({ length: 4 * random(5) }, () => random(random(2) === 0 ? 16 : 256)));
      parts.push(encodeControl({ type: CONTROL_TYPES[random(CONTROL_TYPES.length)] ?? 1, flags: random(4), body }));
    }
  }
  client.dispose();
  return Buffer.concat(parts);
}
