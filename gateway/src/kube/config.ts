/**
 * From a kubeconfig, or the pod's own service account, to a connection. client-node reads the file; it is loaded here only,
 * because it costs most of a second and a standalone gateway never needs it.
 */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Cluster, KubeConfig, User } from "@kubernetes/client-node";
import { parse } from "yaml";
import type { Clock } from "../ports/clock.js";
import { CredentialSource } from "./credentials.js";
import type { ExecPlugin } from "./exec-credential.js";

/** Where the connection's facts come from. */
export interface ConnectionOptions {
  /** Path; absent: the pod's own service account. */
  readonly kubeconfig?: string;
  /** Absent: current-context. */
  readonly context?: string;
  readonly clock: Clock;
}

/** An API server and how to prove who we are. */
export interface Connection {
  readonly url: string;
  readonly proxyUrl?: string;
  /** For messages: which file and context. */
  readonly where: string;
  readonly credentials: CredentialSource;
}

/** One reading of the configuration. */
export interface LoadedConfig {
  readonly cluster: Cluster;
  readonly user: User;
  readonly tokenFile?: string;
  readonly exec?: ExecPlugin;
  /** Files whose change means: read again. */
  readonly files: readonly string[];
  /** For login plugins that only client-node knows (oidc, azure, gcp). */
  readonly kubeConfig: KubeConfig;
}

/** Reads the configuration and the credentials once; rejects with one sentence that names file and context. */
export async function loadConnection(options: ConnectionOptions): Promise<Connection> {
  const where = describe(options);
  const load = (): Promise<LoadedConfig> => loadConfig(options, where);
  const loaded = await load();
  const url = checkedUrl(loaded.cluster.server, where);
  const credentials = new CredentialSource({ load, where, clock: options.clock });
  await credentials.read();
  return {
    url,
    ...(loaded.cluster.proxyUrl === undefined ? {} : { proxyUrl: loaded.cluster.proxyUrl }),
    where,
    credentials,
  };
}

async function loadConfig(options: ConnectionOptions, where: string): Promise<LoadedConfig> {
  const kubeConfig = await readKubeConfig(options, where);
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster === null) {
    throw new Error(`${where}: the context or its cluster does not exist`);
  }
  const user = kubeConfig.getCurrentUser();
  if (user === null) {
    throw new Error(`${where}: the context's user does not exist`);
  }
  const tokenFile = await findTokenFile(options, user);
  const exec = toExecPlugin(user.exec, cluster);
  return {
    cluster,
    user,
    ...(tokenFile === undefined ? {} : { tokenFile }),
    ...(exec === undefined ? {} : { exec }),
    files: [options.kubeconfig, cluster.caFile, user.certFile, user.keyFile, tokenFile].filter(isText),
    kubeConfig,
  };
}

async function readKubeConfig(options: ConnectionOptions, where: string): Promise<KubeConfig> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  try {
    if (options.kubeconfig === undefined) {
      config.loadFromCluster();
    } else {
      config.loadFromFile(options.kubeconfig);
    }
  } catch (cause) {
    throw new Error(`${where}: cannot be read: ${messageOf(cause)}`, { cause });
  }
  if (options.context !== undefined) {
    config.setCurrentContext(options.context);
  }
  return config;
}

/** client-node reads "token-file" where kubectl reads "tokenFile", so this key is looked up by ourselves. */
async function findTokenFile(options: ConnectionOptions, user: User): Promise<string | undefined> {
  const provider = user.authProvider as { name?: string; config?: { tokenFile?: string } } | null | undefined;
  if (provider?.name === "tokenFile") {
    return provider.config?.tokenFile;
  }
  if (options.kubeconfig === undefined) {
    return undefined;
  }
  const text = await readFile(options.kubeconfig, "utf8");
  const file = parse(text) as { users?: { name?: string; user?: { tokenFile?: unknown } }[] } | null;
  const tokenFile = file?.users?.find(({ name }) => name === user.name)?.user?.tokenFile;
  return isText(tokenFile) ? resolve(dirname(options.kubeconfig), tokenFile) : undefined;
}

function toExecPlugin(exec: unknown, cluster: Cluster): ExecPlugin | undefined {
  if (exec === undefined || exec === null) {
    return undefined;
  }
  const fields = exec as {
    readonly command: string;
    readonly args?: readonly string[] | null;
    readonly env?: ExecPlugin["env"] | null;
    readonly apiVersion?: string;
    readonly provideClusterInfo?: boolean;
  };
  const info = {
    server: cluster.server,
    ...(cluster.tlsServerName === undefined ? {} : { "tls-server-name": cluster.tlsServerName }),
    ...(cluster.skipTLSVerify ? { "insecure-skip-tls-verify": true } : {}),
    ...(cluster.caData === undefined ? {} : { "certificate-authority-data": cluster.caData }),
  };
  return {
    command: fields.command,
    args: fields.args ?? [],
    env: fields.env ?? [],
    apiVersion: fields.apiVersion ?? "client.authentication.k8s.io/v1",
    ...(fields.provideClusterInfo === true ? { cluster: info } : {}),
  };
}

function describe(options: ConnectionOptions): string {
  if (options.kubeconfig === undefined) {
    return "the pod's own service account";
  }
  return `kubeconfig ${options.kubeconfig} (${options.context === undefined ? "current-context" : `context ${options.context}`})`;
}

function checkedUrl(server: string, where: string): string {
  if (/\/\/(undefined|):/.test(server)) {
    throw new Error(`${where}: KUBERNETES_SERVICE_HOST is not set; give a kubeconfig when not inside a cluster`);
  }
  if (!URL.canParse(server)) {
    throw new Error(`${where}: the cluster's server is not a URL`);
  }
  return server.replace(/\/+$/, "");
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : "unknown failure";
}
