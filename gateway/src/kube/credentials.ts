/**
 * Proof of who we are, kept fresh: files are looked at again every ten seconds, a plugin runs again before its credential
 * expires, and a 401 forces both. Readers share one reading. What is good stays in use while a new reading fails.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import type { Clock } from "../ports/clock.js";
import type { LoadedConfig } from "./config.js";
import { type ExecCredential, runExecPlugin } from "./exec-credential.js";
import type { UserEntry } from "./kubeconfig.js";

/** PEM texts for node:tls. */
export interface TlsSettings {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
}

export interface Credentials {
  readonly tls: TlsSettings;
  /** Value of the Authorization header. */
  readonly authorization?: string;
  /** Headers for impersonation. */
  readonly impersonate?: string;
}

export interface CredentialSourceOptions {
  readonly load: () => Promise<LoadedConfig>;
  /** For messages. */
  readonly where: string;
  readonly clock: Clock;
}

const CHECK_MS = 10_000;
const EARLY_MS = 60_000;
/** Credentials that are refused again and again are not read, and a plugin not run, more often than this. */
const REFRESH_MS = 1_000;

interface Reading {
  readonly credentials: Credentials;
  readonly files: readonly string[];
  readonly signature: string;
  readonly expiresAt: number | undefined;
}

export class CredentialSource {
  readonly #options: CredentialSourceOptions;
  #reading: Reading | undefined;
  #checkedAt = 0;
  #pending: Promise<Credentials> | undefined;
  #refreshing: Promise<Credentials> | undefined;
  #refreshedAt: number | undefined;

  constructor(options: CredentialSourceOptions) {
    this.#options = options;
  }

  /** The credentials to use now. */
  async read(): Promise<Credentials> {
    const now = this.#options.clock.now();
    if (this.#reading !== undefined && now - this.#checkedAt < CHECK_MS && !isEnding(this.#reading, now)) {
      return this.#reading.credentials;
    }
    return this.#once(() => this.#check(now));
  }

  /** The API server did not accept them: reads everything again. */
  async refresh(): Promise<Credentials> {
    const now = this.#options.clock.now();
    if (this.#refreshing === undefined && (this.#refreshedAt ?? 0) + REFRESH_MS <= now) {
      this.#refreshedAt = now;
      // A look at the files that is under way may still answer with the old ones.
      const earlier = this.#pending?.catch(() => undefined) ?? Promise.resolve();
      this.#refreshing = earlier
        .then(() => this.#readAll())
        .finally(() => {
          this.#refreshing = undefined;
        });
    }
    return this.#refreshing ?? this.read();
  }

  #once(work: () => Promise<Credentials>): Promise<Credentials> {
    this.#pending ??= work().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #check(now: number): Promise<Credentials> {
    const reading = this.#reading;
    if (reading === undefined) {
      return this.#readAll();
    }
    this.#checkedAt = now;
    const changed = isEnding(reading, now) || (await signatureOf(reading.files)) !== reading.signature;
    if (!changed) {
      return reading.credentials;
    }
    try {
      return await this.#readAll();
    } catch (error) {
      if (reading.expiresAt !== undefined && reading.expiresAt <= now) {
        throw error;
      }
      return reading.credentials;
    }
  }

  async #readAll(): Promise<Credentials> {
    const { load, where, clock } = this.#options;
    try {
      const config = await load();
      const signature = await signatureOf(config.files);
      const plugin = config.exec === undefined ? undefined : await runExecPlugin(config.exec);
      const credentials = await assemble(config, plugin);
      checkPair(credentials.tls);
      this.#reading = { credentials, files: config.files, signature, expiresAt: plugin?.expiresAt };
      this.#checkedAt = clock.now();
      return credentials;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : "unknown failure";
      throw new Error(why.startsWith(where) ? why : `${where}: ${why}`, { cause });
    }
  }
}

function isEnding(reading: Reading, now: number): boolean {
  return reading.expiresAt !== undefined && reading.expiresAt - EARLY_MS <= now;
}

async function signatureOf(files: readonly string[]): Promise<string> {
  const parts = await Promise.all(
    files.map(async (file) => {
      const found = await stat(file).catch(() => undefined);
      return found === undefined ? "absent" : `${found.ino}:${found.size}:${found.mtimeMs}`;
    }),
  );
  return parts.join("|");
}

async function assemble(config: LoadedConfig, plugin: ExecCredential | undefined): Promise<Credentials> {
  const { cluster, user } = config;
  const ca = await pem(cluster.caData, cluster.caFile);
  const pair = await clientPair(user, plugin);
  const authorization = await authorizationOf(config, plugin);
  return {
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...pair,
      ...(cluster.tlsServerName === undefined ? {} : { servername: cluster.tlsServerName }),
      rejectUnauthorized: !cluster.skipTLSVerify,
    },
    ...(authorization === undefined ? {} : { authorization }),
    ...(isSet(user.impersonateUser) ? { impersonate: user.impersonateUser } : {}),
  };
}

async function clientPair(
  user: UserEntry,
  plugin: ExecCredential | undefined,
): Promise<Pick<TlsSettings, "cert" | "key">> {
  const cert = plugin?.cert ?? (await pem(user.certData, user.certFile));
  const key = plugin?.key ?? (await pem(user.keyData, user.keyFile));
  return cert === undefined || key === undefined ? {} : { cert, key };
}

async function authorizationOf(config: LoadedConfig, plugin: ExecCredential | undefined): Promise<string | undefined> {
  const { user } = config;
  if (plugin?.token !== undefined) {
    return `Bearer ${plugin.token}`;
  }
  if (user.tokenFile !== undefined) {
    return `Bearer ${(await readFile(user.tokenFile, "utf8")).trim()}`;
  }
  if (isSet(user.token)) {
    return `Bearer ${user.token.trim()}`;
  }
  if (isSet(user.username)) {
    return `Basic ${Buffer.from(`${user.username}:${user.password ?? ""}`).toString("base64")}`;
  }
  return config.login?.();
}

async function pem(data: string | undefined, file: string | undefined): Promise<string | undefined> {
  if (isSet(data)) {
    return Buffer.from(data, "base64").toString("utf8");
  }
  return isSet(file) ? readFile(file, "utf8") : undefined;
}

/** A certificate whose key has not been replaced yet is not usable. */
function checkPair(tls: TlsSettings): void {
  if (tls.cert === undefined || tls.key === undefined) {
    return;
  }
  if (!new X509Certificate(tls.cert).checkPrivateKey(createPrivateKey(tls.key))) {
    throw new Error("the client certificate and its key do not belong together");
  }
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}
