// Our own targets: a control plane, and on it a gateway with the process provider, whose pod runs a shell, and a gateway
// with the memory provider, which shows what the gateway alone costs. Everything started here is ended here.

import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import {
  type ApiClient,
  endLeftovers,
  eventually,
  findFreePorts,
  findLeftovers,
  isNotFound,
  type KubeObject,
  startCluster,
} from "@outboard/devcluster";
import { NAMESPACE, waitFor } from "../rig.js";
import { type Caller, writeCaller } from "./caller.js";
import { type Node, type NodePlace, type ProviderName, startNode } from "./programs.js";
import { busyboxEcho, LOG_LINES, LOG_TEXT, podScript, SHELL_COMMANDS } from "./shell-pod.js";
import type { Commands, Target } from "./target.js";

export interface OwnTargets extends AsyncDisposable {
  readonly targets: readonly Target[];
}

export interface OwnOptions {
  readonly cpuProf?: string;
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

const READY_MS = 60_000;
const GONE_MS = 20_000;
const CONTAINER = "main";
const MEMORY_ECHO_PORT = 9001;

export async function startOwnTargets(options: OwnOptions): Promise<OwnTargets> {
  const folder = mkdtempSync(join(tmpdir(), "outboard-bench-"));
  const opened: AsyncDisposable[] = [];
  const close = async (): Promise<void> => {
    for (const part of opened.splice(0).toReversed()) await part[Symbol.asyncDispose]();
    endLeftovers(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    return { targets: await openTargets(options, folder, opened), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openTargets(options: OwnOptions, folder: string, opened: AsyncDisposable[]): Promise<Target[]> {
  const cluster = await startCluster({ report: options.report, signal: options.signal });
  opened.push(cluster);
  await cluster.api.create("/api/v1/namespaces", { metadata: { name: NAMESPACE } });
  const caller = await writeCaller(cluster, folder);
  const place: NodePlace = { ...options, cluster, folder, opened };
  const targets: Target[] = [];
  for (const name of ["process", "memory"] as const) targets.push(await openTarget(name, place, caller));
  return targets;
}

async function openTarget(name: ProviderName, place: NodePlace, caller: Caller): Promise<Target> {
  const { cluster, signal, folder } = place;
  const node = await startNode(name, place);
  const url = await readyUrl(cluster.api, node, signal);
  const [freePort = MEMORY_ECHO_PORT] = await findFreePorts(1);
  const echoPort = name === "process" ? freePort : MEMORY_ECHO_PORT;
  const spec = name === "process" ? shellPod(node.nodeName, echoPort) : memoryPod(node.nodeName);
  // Before gateway and provider end: a provider that is gone cannot clear away what its pod had.
  place.opened.push({ [Symbol.asyncDispose]: () => removePod(cluster.api, spec) });
  await runPod(cluster.api, spec, { node, signal });
  const helpers = findLeftovers(join(folder, name)).filter(({ command }) => command.includes("shim/main.js"));
  const back = [node.provider.pid, ...helpers.map(({ pid }) => pid)];
  return {
    name: `${name} provider`,
    endpoint: { ...caller, url },
    place: { namespace: NAMESPACE, pod: spec.metadata.name, container: CONTAINER },
    front: node.gateway.pid,
    back: () => back,
    commands: name === "process" ? SHELL_COMMANDS : MEMORY_COMMANDS,
    echoPort,
    mostSessions: name === "process" ? 200 : 50,
    check: node.check,
  };
}

const MEMORY_COMMANDS: Commands = {
  start: ["echo", "here"],
  echo: ["cat"],
  output: (bytes) => ["bytes", String(bytes)],
};

interface Pod {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: object;
}

function memoryPod(nodeName: string): Pod {
  const annotations = {
    "memory.outboard.dev/log-lines": String(LOG_LINES),
    "memory.outboard.dev/log-text": LOG_TEXT,
  };
  const container = { name: CONTAINER, image: "outboard.test/bench:1", ports: [{ containerPort: MEMORY_ECHO_PORT }] };
  return { metadata: { name: "streams-memory", annotations }, spec: { nodeName, containers: [container] } };
}

function shellPod(nodeName: string, port: number): Pod {
  const container = { name: CONTAINER, image: "host", command: ["sh", "-c", podScript(echoCommand(port))] };
  const spec = { nodeName, terminationGracePeriodSeconds: 1, containers: [container] };
  return { metadata: { name: "streams-process" }, spec };
}

/** As in the pod of a real kubelet. Where busybox is missing, or pods may share this machine's addresses, Node on loopback. */
function echoCommand(port: number): string {
  if (process.getuid?.() === 0 && hasBusybox()) return busyboxEcho(port);
  return `'${process.execPath}' -e 'net.createServer((s) => s.on("error", () => {}).pipe(s)).listen(${port}, "127.0.0.1")'`;
}

function hasBusybox(): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, "busybox"), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

interface NodeStatus extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly daemonEndpoints?: { readonly kubeletEndpoint?: { readonly Port?: number } };
  };
}

/** The node is Ready, and says its port. */
async function readyUrl(api: ApiClient, { nodeName, check }: Node, signal: AbortSignal): Promise<string> {
  let port = 0;
  const probe = async (): Promise<boolean> => {
    await api.get(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default`);
    const { status } = await api.get<NodeStatus>(`/api/v1/nodes/${nodeName}`);
    port = status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
    return port > 0 && status?.conditions?.some((each) => each.type === "Ready" && each.status === "True") === true;
  };
  await waitFor(check, probe, { message: `node ${nodeName} Ready`, timeoutMs: READY_MS, signal });
  return `https://127.0.0.1:${port}`;
}

interface PodStatus extends KubeObject {
  readonly status?: { readonly phase?: string; readonly message?: string };
}

async function runPod(
  api: ApiClient,
  pod: Pod,
  { node, signal }: { readonly node: Node; readonly signal: AbortSignal },
): Promise<void> {
  const path = `/api/v1/namespaces/${NAMESPACE}/pods`;
  await api.create(path, { apiVersion: "v1", kind: "Pod", ...pod }, { signal });
  const probe = async (): Promise<boolean> => {
    const { status } = await api.get<PodStatus>(`${path}/${pod.metadata.name}`);
    return status?.phase === "Running";
  };
  const message = `pod ${pod.metadata.name} Running`;
  await waitFor(node.check, probe, { message, timeoutMs: READY_MS, signal });
}

/** Tries for a while; what is left then ends with its provider. */
async function removePod(api: ApiClient, pod: Pod): Promise<void> {
  const path = `/api/v1/namespaces/${NAMESPACE}/pods/${pod.metadata.name}`;
  const gone = async (): Promise<boolean> => {
    const left = await api.get(path).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    return left === undefined;
  };
  await api.delete(path).catch(() => {});
  await eventually(gone, { message: `pod ${pod.metadata.name} gone`, timeoutMs: GONE_MS }).catch(() => {});
}
