/** A client of the scripted server, and the kubeconfig files that tests need. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { systemClock } from "../../lifecycle/system-clock.js";
import type { Clock } from "../../ports/clock.js";
import { loadConnection } from "../config.js";
import { KubeHttp } from "../http.js";
import { type ScriptedApiServer, startScriptedApiServer } from "./scripted-api-server.js";

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
  /** Writes a file and returns its path. */
  write(name: string, content: string): Promise<string>;
}

export async function createFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), "outboard-kube-"));
  return {
    path,
    write: async (name, content) => {
      const file = join(path, name);
      await writeFile(file, content);
      return file;
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** A kubeconfig for one user, as text. */
export function kubeconfigText(server: string, ca: string, user: object): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "c",
    clusters: [{ name: "c", cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
  });
}

export interface ScriptedKube extends AsyncDisposable {
  readonly server: ScriptedApiServer;
  readonly http: KubeHttp;
  readonly folder: TemporaryFolder;
  readonly kubeconfig: string;
}

/** The scripted server with a client on it that sends the token "t0ken". */
export async function startScriptedKube(
  clock: Clock = systemClock,
  user: object = { token: "t0ken" },
): Promise<ScriptedKube> {
  const server = await startScriptedApiServer();
  const folder = await createFolder();
  const kubeconfig = await folder.write("config", kubeconfigText(server.url, server.ca, user));
  const connection = await loadConnection({ kubeconfig, clock });
  const http = new KubeHttp({ connection, clock, userAgent: "test" });
  return {
    server,
    http,
    folder,
    kubeconfig,
    [Symbol.asyncDispose]: async () => {
      await http[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Polls until the probe holds; fails after ten seconds. */
export async function until(what: string, probe: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!probe()) {
    if (performance.now() > deadline) {
      throw new Error(`${what}: did not happen`);
    }
    await wait(5);
  }
}
