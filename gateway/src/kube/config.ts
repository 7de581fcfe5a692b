/** From a kubeconfig, or the pod's own service account, to a connection. */
import type { Clock } from "../ports/clock.js";
import { CredentialSource } from "./credentials.js";
import type { ExecPlugin } from "./exec-credential.js";
import { type ClusterEntry, inClusterConfig, type Kubeconfig, readKubeconfig, type UserEntry } from "./kubeconfig.js";
import { runLoginPlugin } from "./login-plugin.js";

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
  readonly cluster: ClusterEntry;
  readonly user: UserEntry;
  readonly exec?: ExecPlugin;
  /** Value of the Authorization header from an old login plugin. */
  readonly login?: () => Promise<string | undefined>;
  /** Files whose change means: read again. */
  readonly files: readonly string[];
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
  const { kubeconfig, context } = options;
  const { cluster, user } = await readConfig(options, where);
  const exec = toExecPlugin(user.exec, cluster);
  const hasLogin = user.hasAuthProvider && kubeconfig !== undefined;
  return {
    cluster,
    user,
    ...(exec === undefined ? {} : { exec }),
    ...(hasLogin ? { login: () => runLoginPlugin(kubeconfig, context) } : {}),
    files: [kubeconfig, cluster.caFile, user.certFile, user.keyFile, user.tokenFile].filter(isText),
  };
}

async function readConfig({ kubeconfig, context }: ConnectionOptions, where: string): Promise<Kubeconfig> {
  try {
    return kubeconfig === undefined ? inClusterConfig(process.env) : await readKubeconfig(kubeconfig, context);
  } catch (cause) {
    throw new Error(`${where}: ${messageOf(cause)}`, { cause });
  }
}

function toExecPlugin(exec: UserEntry["exec"], cluster: ClusterEntry): ExecPlugin | undefined {
  if (exec === undefined) {
    return undefined;
  }
  const fields = exec as unknown as {
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
