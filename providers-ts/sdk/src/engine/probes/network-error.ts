/** Errors of the network in the words of Go's net package, as they stand in the kubelet's events. Pure. */

/** What a connection goes to. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, with brackets where the host has colons. */
export function hostPort({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

const CONNECT: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ETIMEDOUT: "connection timed out",
};

/** Text of an error that is no timeout. */
export function networkError(error: unknown, address: Address): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  const at = hostPort(address);
  const connect = CONNECT[code];
  if (connect !== undefined) return `dial tcp ${at}: connect: ${connect}`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `dial tcp: lookup ${address.host}: no such host`;
  if (code === "ECONNRESET") return message === "socket hang up" ? "EOF" : "read: connection reset by peer";
  if (isPlainHttp(error)) return "http: server gave HTTP response to HTTPS client";
  return `dial tcp ${at}: ${code === "" ? "unknown error" : code}`;
}

/** True: a TLS handshake met a server that speaks without TLS. */
export function isPlainHttp(error: unknown): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG" || code === "EPROTO";
}
