// A small read-only registry: serves one store for every registry host. Unknown images are 404; images of private hosts
// need the one account: "private..." takes it as Basic, "private-token..." by a token from /token.

import { createReadStream, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CRI_TOOLS_REPOSITORY } from "./images/cri-tools.js";
import { blobFile, MANIFEST_TYPE, readIndex } from "./images/store.js";

/** The account that private hosts accept. */
export const REGISTRY_ACCOUNT = { username: "tester", password: "registry-password" } as const;

export interface RegistryOptions {
  /** Folder of an image store. */
  readonly store: string;
  /** Default: a free one. */
  readonly port?: number;
}

export interface RegistryRequest {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly status: number;
}

export interface Registry extends AsyncDisposable {
  readonly port: number;
  /** For example http://127.0.0.1:5000 */
  readonly url: string;
  /** What was asked so far, oldest first. */
  requests(): readonly RegistryRequest[];
  /** While true every request gets 503. */
  setBroken(broken: boolean): void;
}

/** Starts it on 127.0.0.1. @throws when the port is taken */
export async function startRegistry({ store, port = 0 }: RegistryOptions): Promise<Registry> {
  const index = readIndex(store);
  const log: RegistryRequest[] = [];
  const state = { broken: false };
  const server = createServer((request, response) => {
    const asked = parse(request);
    const answer = state.broken ? failure(503, "UNAVAILABLE", "out of order") : answerTo(asked, { store, index });
    log.push({ method: request.method ?? "GET", host: asked.host, path: asked.path, status: answer.status });
    send(response, answer, request.method === "HEAD");
  });
  const bound = await listen(server, port);
  return {
    port: bound,
    url: `http://127.0.0.1:${bound}`,
    requests: () => [...log],
    setBroken: (broken) => (state.broken = broken),
    [Symbol.asyncDispose]: async () => close(server),
  };
}

interface Asked {
  readonly host: string;
  readonly path: string;
  readonly authorization: string;
  readonly self: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly kind: "text"; readonly text: string } | { readonly kind: "file"; readonly path: string };
}

interface Content {
  readonly store: string;
  readonly index: ReadonlyMap<string, string>;
}

/** All else of gcr.io is private. */
const CRI_TOOLS = `/v2/${CRI_TOOLS_REPOSITORY.slice(CRI_TOOLS_REPOSITORY.indexOf("/") + 1)}`;
const TOKEN = "registry-token";

/** containerd names the wanted host as `ns`; dockerd and podman send it as Host. */
function parse(request: IncomingMessage): Asked {
  const self = request.headers.host ?? "127.0.0.1";
  const url = new URL(request.url ?? "/", "http://registry");
  const named = url.searchParams.get("ns") ?? self.replace(/:\d+$/, "");
  const host = named === "127.0.0.1" || named === "registry-1.docker.io" ? "docker.io" : named;
  return { host, path: url.pathname, authorization: request.headers.authorization ?? "", self };
}

function answerTo(asked: Asked, content: Content): Answer {
  if (asked.path === "/token") return tokenAnswer(asked);
  const refusal = refuse(asked);
  if (refusal !== undefined) return refusal;
  if (asked.path === "/v2" || asked.path === "/v2/") return text(200, "{}");
  const [, name = "", kind, reference = ""] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(asked.path) ?? [];
  if (kind === "manifests") return manifest(`${asked.host}/${name}`, reference, content);
  if (kind === "blobs") return blob(reference, content.store);
  return failure(404, "NOT_FOUND", "not found");
}

function refuse({ host, path, authorization, self }: Asked): Answer | undefined {
  if (host.startsWith("private-token")) {
    if (authorization === `Bearer ${TOKEN}`) return undefined;
    return unauthorized(`Bearer realm="http://${self}/token",service="${host}"`);
  }
  const isPrivate = host.startsWith("private") || (host === "gcr.io" && !path.startsWith(CRI_TOOLS));
  if (!isPrivate) return undefined;
  return authorization === basic() ? undefined : unauthorized('Basic realm="private"');
}

function tokenAnswer({ authorization }: Asked): Answer {
  if (authorization !== basic()) return unauthorized('Basic realm="token"');
  return text(200, JSON.stringify({ token: TOKEN, access_token: TOKEN }));
}

function basic(): string {
  const { username, password } = REGISTRY_ACCOUNT;
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function manifest(name: string, reference: string, { store, index }: Content): Answer {
  const digest = reference.startsWith("sha256:") ? reference : index.get(`${publicName(name)}:${reference}`);
  if (digest === undefined || ![...index.values()].includes(digest)) {
    return failure(404, "MANIFEST_UNKNOWN", "manifest unknown");
  }
  return file(blobFile(store, digest), MANIFEST_TYPE, digest);
}

/** A private host has every image, as HOST/REPOSITORY of its public name: private.example.com/e2e-test-images/busybox. */
function publicName(name: string): string {
  return name.replace(/^private[^/]*\//, "registry.k8s.io/");
}

function blob(digest: string, store: string): Answer {
  const path = blobFile(store, digest);
  if (!/^sha256:[0-9a-f]{64}$/.test(digest) || statSync(path, { throwIfNoEntry: false }) === undefined) {
    return failure(404, "BLOB_UNKNOWN", "blob unknown");
  }
  return file(path, "application/octet-stream", digest);
}

function file(path: string, type: string, digest: string): Answer {
  const headers = { "content-type": type, "docker-content-digest": digest };
  return { status: 200, headers, body: { kind: "file", path } };
}

function text(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { "content-type": "application/json", ...headers }, body: { kind: "text", text: body } };
}

function failure(status: number, code: string, message: string): Answer {
  return text(status, JSON.stringify({ errors: [{ code, message }] }));
}

function unauthorized(challenge: string): Answer {
  const body = JSON.stringify({ errors: [{ code: "UNAUTHORIZED", message: "authentication required" }] });
  return text(401, body, { "www-authenticate": challenge });
}

function send(response: ServerResponse, { status, headers, body }: Answer, head: boolean): void {
  const length = body.kind === "text" ? Buffer.byteLength(body.text) : statSync(body.path).size;
  response.writeHead(status, {
    ...headers,
    "content-length": length,
    "docker-distribution-api-version": "registry/2.0",
  });
  if (head) response.end();
  else if (body.kind === "text") response.end(body.text);
  else createReadStream(body.path).pipe(response);
}

async function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
