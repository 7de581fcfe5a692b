/** Upgraded connections to a server under test. */
import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import { WebSocket } from "ws";
import { eventually } from "../../testing/eventually.js";
import type { ServerUnderTest, TestPki } from "../../testing/server-under-test.js";
import { SpdyClient } from "./spdy-client.js";

/** Where to, and as whom. */
export interface Dialler {
  readonly pki: Pick<TestPki, "authority" | "admin">;
  readonly subject: Pick<ServerUnderTest, "port">;
}

/** A SPDY client whose upgrade was accepted. */
export async function dialSpdy(dialler: Dialler, path: string, protocols = "v4.channel.k8s.io"): Promise<SpdyClient> {
  const socket = await dialTls(dialler);
  const upgrade = `Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocols}`;
  socket.write(`POST ${path} HTTP/1.1\r\nHost: n\r\n${upgrade}\r\n\r\n`);
  const [answer] = (await once(socket, "data")) as [Buffer];
  const end = answer.indexOf("\r\n\r\n") + 4;
  const head = answer.toString("latin1", 0, end);
  if (!head.startsWith("HTTP/1.1 101 ")) throw new Error(answer.toString());
  socket.pause();
  socket.unshift(answer.subarray(end));
  const client = new SpdyClient(socket);
  socket.resume();
  return client;
}

/** Ends a server under test at once, whatever is still open. */
export async function stopNow({ server, clock }: ServerUnderTest): Promise<void> {
  const closed = server.close(1);
  clock.advance(1);
  await closed;
}

async function dialTls({ pki, subject }: Dialler): Promise<TLSSocket> {
  const { key, cert } = pki.admin;
  const socket = connect({ host: "127.0.0.1", port: subject.port, ca: pki.authority.cert, key, cert });
  socket.on("error", () => {});
  await once(socket, "secureConnect");
  return socket;
}

/** A WebSocket with everything that came over it. */
export interface WebSocketClient {
  readonly socket: WebSocket;
  /** What came on a channel, as latin1. Messages are cut as the protocol says. */
  channel(channel: number): string;
  readonly messages: readonly Buffer[];
  /** The code with which the server closed; undefined: not yet. */
  closeCode(): number | undefined;
  send(channel: number, data: string | Buffer): void;
}

/** A WebSocket client whose upgrade was accepted. */
export async function dialWebSocket(
  { pki, subject }: Dialler,
  path: string,
  protocols: readonly string[] = ["v5.channel.k8s.io"],
): Promise<WebSocketClient> {
  const { key, cert } = pki.admin;
  const url = `wss://127.0.0.1:${subject.port}${path}`;
  const socket = new WebSocket(url, [...protocols], { ca: pki.authority.cert, key, cert });
  const messages: Buffer[] = [];
  let code: number | undefined;
  socket.on("message", (message: Buffer) => messages.push(message));
  socket.on("close", (closed) => (code = closed));
  await once(socket, "open");
  const isBase64 = socket.protocol.includes("base64");
  const decode = (message: Buffer): readonly [number, Buffer] =>
    isBase64
      ? [Number(message.toString("latin1", 0, 1)), Buffer.from(message.toString("latin1", 1), "base64")]
      : [message[0] ?? -1, message.subarray(1)];
  return {
    socket,
    messages,
    channel: (channel) =>
      Buffer.concat(messages.map(decode).flatMap(([of, data]) => (of === channel ? [data] : []))).toString("latin1"),
    closeCode: () => code,
    send: (channel, data) => {
      const bytes = Buffer.from(data as string);
      socket.send(isBase64 ? `${channel}${bytes.toString("base64")}` : Buffer.concat([Buffer.from([channel]), bytes]));
    },
  };
}

/** Waits for the status on the error channel. */
export async function statusOf(read: () => string): Promise<unknown> {
  await eventually("a status comes", () => read().endsWith("}"));
  return JSON.parse(read());
}
