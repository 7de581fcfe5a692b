/** Binding of a server: the folder and socket of a UNIX address are private, a stale socket is replaced, a live one is not. */
import { chmod, mkdir, rm, stat } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import type { Server as GrpcServer, ServerCredentials } from "@grpc/grpc-js";
import { type Address, toTarget } from "./address.js";

/** Binds a grpc-js server. @throws Error that names the address. */
export async function bindAddress(
  grpc: GrpcServer,
  address: Address,
  credentials: ServerCredentials,
): Promise<Address> {
  if (address.kind === "unix") await prepareSocket(address.path);
  const umask = process.umask(0o077);
  try {
    const port = await bind(grpc, address, credentials);
    if (address.kind === "tcp") return { ...address, port };
    await chmod(address.path, 0o600);
    return address;
  } finally {
    process.umask(umask);
  }
}

function bind(grpc: GrpcServer, address: Address, credentials: ServerCredentials): Promise<number> {
  const target = address.kind === "unix" ? toTarget(address) : `${address.host}:${address.port}`;
  return new Promise((resolve, reject) => {
    grpc.bindAsync(target, credentials, (error, port) => {
      if (error) reject(new Error(`cannot listen on ${target}: ${error.message}`, { cause: error }));
      else resolve(port);
    });
  });
}

async function prepareSocket(socket: string): Promise<void> {
  await mkdir(path.dirname(socket), { recursive: true, mode: 0o700 });
  const found = await stat(socket).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`cannot listen on ${socket}: it exists and is not a socket`);
  if (await answers(socket)) throw new Error(`cannot listen on ${socket}: another process listens there`);
  await rm(socket);
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.connect(socket);
    probe
      .once("connect", () => resolve(true))
      .once("error", () => resolve(false))
      .once("close", () => probe.destroy());
    probe.once("connect", () => probe.destroy());
  });
}
