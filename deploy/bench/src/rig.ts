// What is measured: one gateway and one memory provider as processes of their own, on a control plane of their own whose
// API server writes an audit log. Everything started here is ended here.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ApiClient,
  type Child,
  type Cluster,
  describeExit,
  endLeftovers,
  eventually,
  type KubeObject,
  logTail,
  startCluster,
} from "@outboard/devcluster";
import { type AuditReader, openAuditLog } from "./audit-log.js";
import type { ProgramName } from "./figures.js";
import { launchGateway, launchProvider } from "./programs.js";

export interface RigOptions {
  /** Folder for CPU profiles; absent: none. */
  readonly cpuProf?: string;
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface Rig extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly api: ApiClient;
  readonly gateway: Child;
  readonly provider: Child;
  readonly pids: Readonly<Record<ProgramName, readonly number[]>>;
  /** All requests of the gateway so far. */
  readonly requests: AuditReader;
  /** Throws, with the end of its log, when a program has ended by itself. */
  check(): void;
  /** Ends the programs, so that their CPU profiles are written. */
  stopPrograms(): Promise<void>;
}

type Open = Omit<Rig, typeof Symbol.asyncDispose>;

export const NODE_NAME = "bench";
export const NAMESPACE = "bench";
const READY_MS = 60_000;
const LOG_LINES = 10;

export async function startRig(options: RigOptions): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), "outboard-bench-"));
  const opened: AsyncDisposable[] = [];
  const close = async (): Promise<void> => {
    for (const part of opened.splice(0).toReversed()) await part[Symbol.asyncDispose]();
    clearFolder(folder);
  };
  try {
    const rig = await openRig(options, folder, opened);
    await nodeReady(rig, NODE_NAME, options.signal);
    return { ...rig, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Notes in `opened` what must be closed, also when it fails half-way. */
async function openRig(options: RigOptions, folder: string, opened: AsyncDisposable[]): Promise<Open> {
  const { signal, cpuProf } = options;
  const { cluster, auditLog } = await startAuditedCluster(folder, opened, options);
  const kubeconfig = await cluster.nodeKubeconfig(NODE_NAME);
  const socket = join(folder, "provider.sock");
  const provider = launchProvider({ folder, socket, cpuProf });
  opened.push(provider);
  await socketReady(provider, socket, signal);
  const launch = { folder, socket, cpuProf, kubeconfig, nodeName: NODE_NAME, clientCA: cluster.caFile };
  const gateway = launchGateway(launch);
  opened.push(gateway);
  return {
    cluster,
    api: cluster.api,
    gateway,
    provider,
    pids: { gateway: [gateway.pid], provider: [provider.pid] },
    requests: openAuditLog(auditLog, `system:node:${NODE_NAME}`),
    check: () => [gateway, provider].forEach(checkChild),
    stopPrograms: async () => {
      await gateway.stop();
      await provider.stop();
    },
  };
}

/** A control plane that writes down every request, with the namespace of the bench; noted in `opened` at once. */
export async function startAuditedCluster(
  folder: string,
  opened: AsyncDisposable[],
  { report, signal }: Pick<RigOptions, "report" | "signal">,
): Promise<{ readonly cluster: Cluster; readonly auditLog: string }> {
  const auditLog = join(folder, "audit.log");
  // One file however long the run is: rotated parts would be missing from the counts.
  const apiServerArgs = ["--audit-log-maxsize=4096"];
  const cluster = await startCluster({ auditLog, apiServerArgs, report, signal });
  opened.push(cluster);
  await cluster.api.create("/api/v1/namespaces", { metadata: { name: NAMESPACE } });
  return { cluster, auditLog };
}

export async function socketReady(provider: Child, socket: string, signal: AbortSignal): Promise<void> {
  await waitFor(
    () => checkChild(provider),
    () => existsSync(socket),
    { message: "the provider's socket", timeoutMs: READY_MS, signal },
  );
}

/** Throws, with the end of its log, when the program has ended. */
export function checkChild(child: Child): void {
  const exit = child.exit();
  if (exit === undefined) return;
  throw new Error(`the ${child.name} ${describeExit(exit)}; the end of its log:\n${logTail(child.logFile, LOG_LINES)}`);
}

interface Node extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** The node is Ready, and the namespace has what a pod with a service account needs. */
export async function nodeReady(
  { api, check }: Pick<Rig, "api" | "check">,
  nodeName: string,
  signal: AbortSignal,
): Promise<void> {
  const probe = async (): Promise<boolean> => {
    await api.get(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default`);
    await api.get(`/api/v1/namespaces/${NAMESPACE}/configmaps/kube-root-ca.crt`);
    const node = await api.get<Node>(`/api/v1/nodes/${nodeName}`);
    return node.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
  };
  await waitFor(check, probe, { message: `node ${nodeName} Ready`, timeoutMs: READY_MS, signal });
}

export interface Waiting {
  readonly message: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Polls until the probe holds, but not for programs that have ended. */
export async function waitFor(
  check: () => void,
  probe: () => Promise<boolean> | boolean,
  waiting: Waiting,
): Promise<void> {
  const checks = new AbortController();
  const checked = async (): Promise<boolean> => {
    try {
      check();
    } catch (error) {
      checks.abort(error);
    }
    return !checks.signal.aborted && probe();
  };
  const signal = AbortSignal.any([waiting.signal, checks.signal]);
  try {
    await eventually(checked, { ...waiting, signal, intervalMs: 100 });
  } catch (error) {
    throw checks.signal.aborted ? checks.signal.reason : error;
  }
}

/** Ends what still runs with files of the folder, and removes it. */
export function clearFolder(folder: string): void {
  for (const { pid, command } of endLeftovers(folder)) console.error(`bench: ended a leftover: ${pid} ${command}`);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
