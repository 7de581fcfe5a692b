// A CRI runtime by its API alone, and by crictl: the calls that a pod of one container needs.

import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type CriClient, openCri } from "@outboard/provider-cri";
import type { Bare } from "./bare.js";

export interface CriPlace {
  readonly endpoint: string;
  /** For logs and the files of crictl. */
  readonly folder: string;
  readonly image: string;
  readonly signal: AbortSignal;
}

type SandboxConfig = NonNullable<Parameters<CriClient["runtime"]["runPodSandbox"]>[0]["config"]>;
type ContainerConfig = NonNullable<Parameters<CriClient["runtime"]["createContainer"]>[0]["config"]>;

const run = promisify(execFile);
const DEADLINE_MS = 240_000;

/** The same calls that the provider makes, and no others. */
export function openBareApi(place: CriPlace): Bare & Disposable {
  const { folder, image } = place;
  const options = { signal: place.signal, deadlineMs: DEADLINE_MS };
  const client = openCri(place.endpoint);
  const { runtime } = client;
  return {
    contender: "api",
    start: async (name, noteSandbox) => {
      const config = sandboxConfig(name, folder);
      const { podSandboxId } = await runtime.runPodSandbox({ config, runtimeHandler: "" }, options);
      noteSandbox();
      const request = { podSandboxId, config: containerConfig(image), sandboxConfig: config };
      const { containerId } = await runtime.createContainer(request, options);
      await runtime.startContainer({ containerId }, options);
    },
    clear: async () => clear(client, options),
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}

/** @param program path of crictl */
export function openBareCrictl(program: string, place: CriPlace): Bare & Disposable {
  const { folder, image, endpoint, signal } = place;
  const client = openCri(endpoint);
  const all = ["--runtime-endpoint", endpoint, "--image-endpoint", endpoint, "--timeout", `${DEADLINE_MS / 1000}s`];
  const crictl = async (...args: readonly string[]): Promise<string> =>
    (await run(program, [...all, ...args], { signal })).stdout.trim();
  const containerFile = join(folder, "container.json");
  writeFileSync(containerFile, JSON.stringify(crictlContainer(image)));
  return {
    contender: "crictl",
    start: async (name, noteSandbox) => {
      const podFile = join(folder, `${name}.json`);
      writeFileSync(podFile, JSON.stringify(crictlPod(name, folder)));
      const sandbox = await crictl("runp", podFile);
      noteSandbox();
      await crictl("start", await crictl("create", sandbox, containerFile, podFile));
    },
    clear: async () => clear(client, { signal, deadlineMs: DEADLINE_MS }),
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}

async function clear({ runtime }: CriClient, options: { signal: AbortSignal; deadlineMs: number }): Promise<void> {
  const { items } = await runtime.listPodSandbox({}, options);
  await Promise.all(
    items.map(async ({ id }) => {
      await runtime.stopPodSandbox({ podSandboxId: id }, options);
      await runtime.removePodSandbox({ podSandboxId: id }, options);
    }),
  );
}

function sandboxConfig(name: string, folder: string): SandboxConfig {
  return {
    metadata: { name, uid: name, namespace: "bare", attempt: 0 },
    hostname: name,
    logDirectory: logFolder(name, folder),
    portMappings: [],
    labels: new Map(),
    annotations: new Map(),
  };
}

function containerConfig(image: string): ContainerConfig {
  return {
    metadata: { name: "main", attempt: 0 },
    image: { image, annotations: new Map(), userSpecifiedImage: "", runtimeHandler: "" },
    command: [],
    args: [],
    workingDir: "",
    envs: [],
    mounts: [],
    labels: new Map(),
    annotations: new Map(),
    logPath: "main.log",
    stdin: false,
    stdinOnce: false,
    tty: false,
    stopSignal: 0,
  };
}

function crictlPod(name: string, folder: string): object {
  const metadata = { name, uid: name, namespace: "bare", attempt: 0 };
  return { metadata, hostname: name, log_directory: logFolder(name, folder), linux: {} };
}

function crictlContainer(image: string): object {
  return { metadata: { name: "main", attempt: 0 }, image: { image }, log_path: "main.log", linux: {} };
}

function logFolder(name: string, folder: string): string {
  const path = join(folder, "logs", name);
  mkdirSync(path, { recursive: true });
  return path;
}
