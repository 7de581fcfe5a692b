/**
 * A kubeconfig as kubectl reads it, and its counterpart inside a cluster. Read by ourselves: client-node would load its whole
 * generated API, 80 MiB, for this. No message quotes what stands in the file: it holds secrets.
 */
import { readFile } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { dirname, resolve } from "node:path";

/** The cluster of a context. Files are absolute. */
export interface ClusterEntry {
  readonly server: string;
  readonly caData?: string;
  readonly caFile?: string;
  readonly tlsServerName?: string;
  readonly skipTLSVerify: boolean;
  readonly proxyUrl?: string;
}

/** The user of a context. Files are absolute. */
export interface UserEntry {
  readonly certData?: string;
  readonly certFile?: string;
  readonly keyData?: string;
  readonly keyFile?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly impersonateUser?: string;
  /** As it stands in the file. */
  readonly exec?: Fields;
  /** An old login plugin: oidc, azure, gcp. */
  readonly hasAuthProvider: boolean;
}

/** What a context names. */
export interface Kubeconfig {
  readonly cluster: ClusterEntry;
  readonly user: UserEntry;
}

type Fields = Readonly<Record<string, unknown>>;

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Reads the file; without a context, its current one. Rejects with what is wrong, in words that follow the file's name. */
export async function readKubeconfig(path: string, context: string | undefined): Promise<Kubeconfig> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new Error(`cannot be read: ${cause instanceof Error ? cause.message : "unknown failure"}`, { cause });
  });
  const file = await parseYaml(text);
  const chosen = entry(file, "context", context ?? textOf(file, "current-context") ?? "");
  const cluster = chosen === undefined ? undefined : entry(file, "cluster", textOf(chosen, "cluster") ?? "");
  if (chosen === undefined || cluster === undefined) throw new Error("the context or its cluster does not exist");
  const user = entry(file, "user", textOf(chosen, "user") ?? "");
  if (user === undefined) throw new Error("the context's user does not exist");
  return { cluster: toCluster(cluster, dirname(path)), user: toUser(user, dirname(path)) };
}

/** What the kubelet of the pod that we are in has put there. */
export function inClusterConfig(env: NodeJS.ProcessEnv): Kubeconfig {
  const { KUBERNETES_SERVICE_HOST: host = "", KUBERNETES_SERVICE_PORT: port = "443" } = env;
  if (host === "") throw new Error("KUBERNETES_SERVICE_HOST is not set; give a kubeconfig when not inside a cluster");
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return {
    cluster: { server, caFile: `${SERVICE_ACCOUNT}/ca.crt`, skipTLSVerify: false },
    user: { tokenFile: `${SERVICE_ACCOUNT}/token`, hasAuthProvider: false },
  };
}

async function parseYaml(text: string): Promise<Fields> {
  const { parseDocument } = await import("yaml"); // 2 MiB, not needed inside a cluster
  const document = parseDocument(text);
  const [error] = document.errors;
  // Only the line: the parser's own message shows what stands there.
  if (error !== undefined) throw new Error(`is not valid YAML: line ${error.linePos?.[0].line ?? "unknown"}`);
  const value: unknown = document.toJS();
  if (!isFields(value)) throw new Error("is not a kubeconfig");
  return value;
}

/** The named entry of the list "contexts", "clusters" or "users". */
function entry(file: Fields, kind: "context" | "cluster" | "user", name: string): Fields | undefined {
  const list: unknown = file[`${kind}s`];
  const found = Array.isArray(list) ? list.find((each: unknown) => isFields(each) && each["name"] === name) : undefined;
  const content: unknown = isFields(found) ? (found[kind] ?? {}) : undefined;
  return isFields(content) ? content : undefined;
}

function toCluster(fields: Fields, folder: string): ClusterEntry {
  return {
    server: textOf(fields, "server") ?? "",
    ...optional("caData", textOf(fields, "certificate-authority-data")),
    ...optional("caFile", fileOf(fields, "certificate-authority", folder)),
    ...optional("tlsServerName", textOf(fields, "tls-server-name")),
    skipTLSVerify: fields["insecure-skip-tls-verify"] === true,
    ...optional("proxyUrl", textOf(fields, "proxy-url")),
  };
}

function toUser(fields: Fields, folder: string): UserEntry {
  const exec: unknown = fields["exec"];
  return {
    ...optional("certData", textOf(fields, "client-certificate-data")),
    ...optional("certFile", fileOf(fields, "client-certificate", folder)),
    ...optional("keyData", textOf(fields, "client-key-data")),
    ...optional("keyFile", fileOf(fields, "client-key", folder)),
    ...optional("token", textOf(fields, "token")),
    ...optional("tokenFile", fileOf(fields, "tokenFile", folder)),
    ...optional("username", textOf(fields, "username")),
    ...optional("password", textOf(fields, "password")),
    ...optional("impersonateUser", textOf(fields, "as")),
    ...(isFields(exec) ? { exec: withCommand(exec, folder) } : {}),
    hasAuthProvider: isFields(fields["auth-provider"]),
  };
}

/** A command with a folder in it stands beside the kubeconfig; one without is looked up in PATH. */
function withCommand(exec: Fields, folder: string): Fields {
  const command = textOf(exec, "command") ?? "";
  return command.includes("/") ? { ...exec, command: resolve(folder, command) } : exec;
}

function fileOf(fields: Fields, key: string, folder: string): string | undefined {
  const path = textOf(fields, key);
  return path === undefined ? undefined : resolve(folder, path);
}

/** undefined for an absent and an empty value. */
function textOf(fields: Fields, key: string): string | undefined {
  const value = fields[key];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw new Error(`${key} must be text; put it in quotes`);
  return value;
}

function optional<Key extends string>(key: Key, value: string | undefined): { readonly [Name in Key]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [Name in Key]?: string };
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
