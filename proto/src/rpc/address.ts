/** Addresses of providers: a UNIX socket is the rule, TCP the exception. */
import path from "node:path";

/** Where a provider listens. */
export type Address =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

/** Longest path of a UNIX socket in bytes; the kernel's sun_path holds 108 with its end. */
export const MAX_SOCKET_PATH_BYTES = 103;

/**
 * Parses "unix:///run/p.sock" or "tcp://host:port".
 * @throws Error that names the text and what is wrong with it.
 */
export function parseAddress(text: string): Address {
  if (text.startsWith("unix:")) return parseUnix(text);
  if (text.startsWith("tcp://")) return parseTcp(text);
  throw new Error(`address "${text}": must start with unix:/// or tcp://`);
}

/** The target string of grpc-js. */
export function toTarget(address: Address): string {
  return address.kind === "unix" ? `unix:${address.path}` : `dns:///${address.host}:${address.port}`;
}

/** The text that parseAddress takes. */
export function formatAddress(address: Address): string {
  return address.kind === "unix" ? `unix://${address.path}` : `tcp://${address.host}:${address.port}`;
}

function parseUnix(text: string): Address {
  const socket = text.startsWith("unix://") ? text.slice("unix://".length) : text.slice("unix:".length);
  if (!path.isAbsolute(socket)) throw new Error(`address "${text}": the socket path must be absolute`);
  const bytes = Buffer.byteLength(socket);
  if (bytes > MAX_SOCKET_PATH_BYTES) {
    throw new Error(
      `address "${text}": the socket path has ${bytes} bytes, at most ${MAX_SOCKET_PATH_BYTES} are possible`,
    );
  }
  return { kind: "unix", path: socket };
}

function parseTcp(text: string): Address {
  const match = /^tcp:\/\/(\[[0-9a-fA-F:]+\]|[^:/]+):(\d+)$/.exec(text);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65535) throw new Error(`address "${text}": must be tcp://HOST:PORT`);
  return { kind: "tcp", host: match[1], port };
}
