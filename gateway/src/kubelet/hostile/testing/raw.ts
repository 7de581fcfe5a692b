/** Connections that send whatever they like. */
import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { eventually } from "../../../testing/eventually.js";
import type { Target } from "./target.js";

/** A connection, and what came over it. */
export interface Raw {
  readonly socket: Socket;
  text(): string;
  /** Waits until there is the head of an answer. */
  answered(): Promise<void>;
  /** Waits until nothing of it is left on this side. */
  gone(): Promise<void>;
  /** Waits until the other side has closed it. */
  closed(withinMs?: number): Promise<void>;
}

const CLOSED_MS = 10_000;

/** A TLS connection, by default without a certificate. */
export async function dialRaw({ pki, subject }: Target, as: "nobody" | "admin" = "nobody"): Promise<Raw> {
  const identity = as === "admin" ? { key: pki.admin.key, cert: pki.admin.cert } : {};
  const socket: TLSSocket = connect({ host: "127.0.0.1", port: subject.port, rejectUnauthorized: false, ...identity });
  const raw = watch(socket);
  await once(socket, "secureConnect");
  return raw;
}

/** A TCP connection without TLS. */
export async function dialPlain({ subject }: Target): Promise<Raw> {
  const socket = connectTcp(subject.port, "127.0.0.1");
  const raw = watch(socket);
  await once(socket, "connect");
  return raw;
}

function watch(socket: Socket): Raw {
  let text = "";
  let isClosed = false;
  socket.on("data", (bytes: Buffer) => (text += bytes.toString("latin1")));
  socket.on("error", () => {});
  socket.on("end", () => (isClosed = true)).on("close", () => (isClosed = true));
  return {
    socket,
    text: () => text,
    answered: () => eventually(() => isClosed || text.includes("\r\n\r\n"), "an answer", CLOSED_MS),
    gone: () => eventually(() => socket.destroyed || isClosed, "the connection is gone", CLOSED_MS),
    closed: (withinMs = CLOSED_MS) => eventually(() => isClosed, "the connection is closed", withinMs),
  };
}
