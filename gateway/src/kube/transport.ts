/**
 * Connection pools by purpose. HTTP/1.1, because HTTP/2 costs more CPU per request in Node, except for watches on single objects,
 * of which there are many that say little: they share connections. When the TLS settings change new pools are opened and the
 * old ones finish what they have. Idle sockets do not keep the process alive.
 */
import { createSecureContext } from "node:tls";
import type { Dispatcher } from "undici";
import type { TlsSettings } from "./credentials.js";
import { createProxyAgent, Pool } from "./undici-parts.js";

/**
 * requests: short calls. watches: streams without end. objects: watches on single objects, over HTTP/2 where the server speaks
 * it. lease: the heartbeat, apart from everything else.
 */
export type PoolName = "requests" | "watches" | "objects" | "lease";

const CONNECTIONS = { requests: 16, watches: 64, objects: 32, lease: 2 } as const;
const KEEP_ALIVE_MS = 60_000;
const CONNECT_MS = 10_000;

export interface TransportOptions {
  readonly url: string;
  readonly proxyUrl?: string;
}

export class Transport {
  readonly #origin: string;
  readonly #proxyUrl: string | undefined;
  readonly #pools = new Map<PoolName, Dispatcher>();
  readonly #retired = new Set<Dispatcher>();
  #tls: TlsSettings | undefined;
  #ended = false;

  constructor(options: TransportOptions) {
    this.#origin = new URL(options.url).origin;
    this.#proxyUrl = options.proxyUrl;
  }

  /** The pool to use with these TLS settings. */
  pool(name: PoolName, tls: TlsSettings): Dispatcher {
    if (this.#ended) {
      throw new Error("the connection to the API server is closed");
    }
    if (this.#tls === undefined || !sameTls(this.#tls, tls)) {
      this.#tls = tls;
      this.#retireAll();
    }
    const found = this.#pools.get(name);
    if (found !== undefined) {
      return found;
    }
    const opened = this.#open(name, tls);
    this.#pools.set(name, opened);
    return opened;
  }

  /** Drops a pool with its connections; calls in flight fail. The next call opens a new one. */
  rebuild(name: PoolName): void {
    const pool = this.#pools.get(name);
    this.#pools.delete(name);
    void pool?.destroy().catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    const all = [...this.#pools.values(), ...this.#retired];
    this.#pools.clear();
    this.#retired.clear();
    await Promise.all(all.map((pool) => pool.destroy().catch(() => undefined)));
  }

  #open(name: PoolName, tls: TlsSettings): Dispatcher {
    const settings = {
      connections: CONNECTIONS[name],
      pipelining: 1,
      allowH2: name === "objects",
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    if (this.#proxyUrl !== undefined) {
      return createProxyAgent({ ...settings, uri: this.#proxyUrl, requestTls: { ...tls, timeout: CONNECT_MS } });
    }
    // One for all its connections: each would parse the texts again and hold 100 KiB.
    const secureContext = createSecureContext(tls);
    return new Pool(this.#origin, { ...settings, connect: { ...tls, secureContext, timeout: CONNECT_MS } });
  }

  #retireAll(): void {
    for (const pool of this.#pools.values()) {
      this.#retired.add(pool);
      void pool
        .close()
        .catch(() => undefined)
        .finally(() => this.#retired.delete(pool));
    }
    this.#pools.clear();
  }
}

function sameTls(one: TlsSettings, other: TlsSettings): boolean {
  return (
    one === other ||
    (one.ca === other.ca &&
      one.cert === other.cert &&
      one.key === other.key &&
      one.servername === other.servername &&
      one.rejectUnauthorized === other.rejectUnauthorized)
  );
}
