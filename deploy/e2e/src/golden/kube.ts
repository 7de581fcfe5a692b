// The Kubernetes API as the recorder needs it: any kubeconfig, answers with their code whatever it is, and watches.

import { readFileSync } from "node:fs";
import { KubeConfig } from "@kubernetes/client-node";
import { Agent, type Dispatcher } from "undici";
import type { JsonObject } from "./recording.js";

export interface Answer {
  readonly code: number;
  readonly text: string;
}

export interface Call {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body?: object;
  /** Default: application/json. */
  readonly type?: string;
}

export interface WatchLine {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: JsonObject;
}

export interface Kube extends AsyncDisposable {
  call(call: Call): Promise<Answer>;
  /** Lists first; from then on every change until the signal is aborted. Starts anew by itself when the server ends it. */
  follow(path: string, onLine: (line: WatchLine) => void, signal: AbortSignal): Promise<void>;
}

const CALL_TIMEOUT_MS = 30_000;

export function connectKube(kubeconfigFile: string): Kube {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigFile);
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()];
  if (cluster === null || user === null)
    throw new Error(`${kubeconfigFile}: its current context has no cluster or no user`);
  const pem = (data: string | undefined, file: string | undefined): string | undefined => {
    if (data !== undefined) return Buffer.from(data, "base64").toString();
    return file === undefined ? undefined : readFileSync(file, "utf8");
  };
  const tls = {
    ca: pem(cluster.caData, cluster.caFile),
    cert: pem(user.certData, user.certFile),
    key: pem(user.keyData, user.keyFile),
  };
  const agent = new Agent({ connect: tls, bodyTimeout: 0, pipelining: 1 });
  const headers = user.token === undefined ? {} : { authorization: `Bearer ${user.token}` };
  const send: Send = async (call, signal) =>
    agent.request({
      origin: cluster.server,
      path: call.path,
      method: call.method,
      headers: { accept: "application/json, */*", "content-type": call.type ?? "application/json", ...headers },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      signal,
    });
  return {
    call: async (call) => {
      const response = await send(call, AbortSignal.timeout(CALL_TIMEOUT_MS));
      return { code: response.statusCode, text: await response.body.text() };
    },
    follow: async (path, onLine, signal) => {
      let version = await listVersion(send, path);
      void (async (): Promise<void> => {
        while (!signal.aborted) version = await watchOnce(send, { path, version, onLine, signal });
      })();
    },
    [Symbol.asyncDispose]: async () => agent.destroy(),
  };
}

type Send = (call: Call, signal: AbortSignal) => Promise<Dispatcher.ResponseData>;

interface Watching {
  readonly path: string;
  readonly version: string;
  readonly onLine: (line: WatchLine) => void;
  readonly signal: AbortSignal;
}

async function listVersion(send: Send, path: string): Promise<string> {
  const response = await send({ method: "GET", path: `${path}?limit=1` }, AbortSignal.timeout(CALL_TIMEOUT_MS));
  return versionOf((await response.body.json()) as JsonObject) ?? "0";
}

/** Answers the version to go on from. */
async function watchOnce(send: Send, { path, version, onLine, signal }: Watching): Promise<string> {
  let last = version;
  try {
    const query = `watch=1&resourceVersion=${version}&allowWatchBookmarks=true&timeoutSeconds=3000`;
    const response = await send({ method: "GET", path: `${path}?${query}` }, signal);
    for await (const line of linesOf(response.body)) {
      if (line.type === "ERROR") return await listVersion(send, path);
      last = versionOf(line.object) ?? last;
      if (line.type !== "BOOKMARK") onLine(line);
    }
  } catch (error) {
    if (!signal.aborted)
      console.error(`golden: watch of ${path}: ${error instanceof Error ? error.message : "failed"}`);
  }
  return last;
}

async function* linesOf(body: Dispatcher.ResponseData["body"]): AsyncGenerator<WatchLine> {
  let rest = "";
  for await (const chunk of body.setEncoding("utf8") as AsyncIterable<string>) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield JSON.parse(line) as WatchLine;
  }
}

function versionOf(object: JsonObject): string | undefined {
  const { resourceVersion } = (object["metadata"] ?? {}) as { readonly resourceVersion?: string };
  return resourceVersion;
}
