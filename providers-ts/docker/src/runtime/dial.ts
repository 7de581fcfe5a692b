/**
 * Connections to a port of a pod. On the engine's own machine a small relay enters the pod's network and reaches every
 * port; where that is not allowed the pod's address is called, which reaches only ports that listen on it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { isOf } from "./exec-process.js";

export interface DialTarget {
  readonly infraId: string;
  readonly infraPid: number | undefined;
  readonly address: string | undefined;
  readonly port: number;
}

const RELAY = fileURLToPath(new URL("./relay.js", import.meta.url));

/** Rejects when refused. */
export async function dialPod({ infraId, infraPid, address, port }: DialTarget): Promise<Duplex> {
  if (isOf(infraPid, infraId) && process.getuid?.() === 0) return await dialInside(infraPid, port);
  if (address === undefined) throw new Error("the pod's network cannot be entered, and it has no address");
  return await dialAddress(address, port);
}

async function dialInside(pid: number, port: number): Promise<Duplex> {
  const words = [`--net=/proc/${String(pid)}/ns/net`, "--", process.execPath, RELAY, String(port)];
  const relay = spawn("nsenter", words, { stdio: ["pipe", "pipe", "ignore", "pipe"] });
  const { stdin, stdout } = relay;
  if (stdin === null || stdout === null) throw new Error("the relay has no streams");
  await connected(relay);
  const connection = Duplex.from({ readable: stdout, writable: stdin });
  connection.once("close", () => void relay.kill("SIGKILL"));
  connection.on("error", () => {}); // whoever reads or writes is told; being let go of is no error
  return connection;
}

async function connected(relay: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    relay.stdio[3]?.once("data", () => resolve());
    relay.once("error", () => reject(new Error("nsenter cannot be run")));
    relay.once("exit", () => reject(new Error("the port was refused")));
  });
}

async function dialAddress(host: string, port: number): Promise<Duplex> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true });
    socket.once("connect", () => resolve(socket));
    socket.on("error", reject);
  });
}
