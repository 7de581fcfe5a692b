// A real control plane for tests and demos: etcd, kube-apiserver, kube-controller-manager and kube-scheduler on
// loopback ports and in one temporary folder, ready when startCluster answers, gone after disposal.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ApiClient, createApiClient } from "./api-client.js";
import { type Components, ensureComponents } from "./components.js";
import * as flags from "./control-plane-flags.js";
import type { DevclusterError } from "./errors.js";
import { findFreePorts } from "./free-ports.js";
import { type KubeconfigTarget, writeKubeconfig } from "./kubeconfig.js";
import { createKubectl, type Kubectl } from "./kubectl.js";
import { createPki, nodeIdentity, type Pki } from "./pki.js";
import { apiServerReady, grantRights, namespaceReady } from "./readiness.js";
import { createRunFolder, keepOnlyLogs, removeRunFolder, sweepLeftovers } from "./run-folder.js";
import { createSupervisor, type Supervisor } from "./supervisor.js";

export interface ClusterOptions extends flags.ControlPlaneOptions {
  /** Default process.env: KUBEBUILDER_ASSETS, KUBE_VERSION, XDG_CACHE_HOME, PATH. */
  readonly env?: NodeJS.ProcessEnv;
  /** Progress and trouble, one line each, for a person. Default: standard error. */
  readonly report?: (line: string) => void;
  /** False: missing programs are an error, not built. Default true. */
  readonly build?: boolean;
  /** Folder that holds the run folder. Default: the system's temporary folder. */
  readonly parentFolder?: string;
  /** Ends an unfinished start. Default: never. */
  readonly signal?: AbortSignal;
}

export interface Cluster extends AsyncDisposable {
  /** For example v1.37.2. */
  readonly version: string;
  /** https://127.0.0.1:PORT */
  readonly server: string;
  readonly folder: string;
  readonly logFolder: string;
  readonly caFile: string;
  readonly kubectlPath: string;
  /** Kubeconfig file with group system:masters. */
  readonly adminKubeconfig: string;
  /** JSON client with admin rights. */
  readonly api: ApiClient;
  readonly kubectl: Kubectl;
  /** Kubeconfig file as the node NAME has it: user system:node:NAME, group system:nodes. */
  nodeKubeconfig(nodeName: string): Promise<string>;
  /** Kubeconfig file of any user. */
  userKubeconfig(user: string, groups: readonly string[]): Promise<string>;
  stopApiServer(): Promise<void>;
  killApiServer(): Promise<void>;
  /** Starts it again on the same port and waits until it is ready. */
  startApiServer(): Promise<void>;
  restartEtcd(): Promise<void>;
  /** Address of etcd's client API, http://127.0.0.1:PORT, for tests of its own failures. */
  readonly etcd: string;
  /** Aborted when a component ended that nobody stopped; the reason tells which. */
  readonly died: AbortSignal;
  /** On disposal keep the logs and report where; called by test harnesses after a failure. */
  keepLogs(): void;
}

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const report = options.report ?? ((line: string): void => console.error(`devcluster: ${line}`));
  const signal = options.signal ?? new AbortController().signal;
  const components = await ensureComponents({ ...options, report, signal });
  for (const folder of sweepLeftovers(new Date(), options.parentFolder)) report(`removed a leftover: ${folder}`);
  const parts = await prepare(options, components, report);
  const cluster = toCluster(parts, report);
  try {
    await bringUp(parts, AbortSignal.any([signal, parts.supervisor.died]));
    return cluster;
  } catch (error) {
    cluster.keepLogs();
    await cluster[Symbol.asyncDispose]();
    throw parts.supervisor.died.aborted ? parts.supervisor.died.reason : error;
  }
}

interface Parts {
  readonly components: Components;
  readonly layout: flags.ControlPlaneLayout;
  readonly target: KubeconfigTarget;
  readonly supervisor: Supervisor;
  readonly api: ApiClient;
}

async function prepare(
  options: ClusterOptions,
  components: Components,
  report: (line: string) => void,
): Promise<Parts> {
  const folder = createRunFolder(options.parentFolder);
  const [etcdClient = 0, etcdPeer = 0, apiServer = 0] = await findFreePorts(3);
  const pki = await createPki(join(folder, "pki"), new Date());
  const layout = { folder, pki, options, ports: { etcdClient, etcdPeer, apiServer } };
  const target = { server: `https://127.0.0.1:${apiServer}`, caPem: pki.caPem };
  await writeFiles(layout, target);
  const onDeath = (error: DevclusterError): void => report(error.message);
  const supervisor = createSupervisor(folder, components.paths, onDeath);
  return { components, layout, target, supervisor, api: createApiClient(target.server, pki.caPem, pki.admin) };
}

async function writeFiles({ folder, pki }: flags.ControlPlaneLayout, target: KubeconfigTarget): Promise<void> {
  await writeKubeconfig(flags.componentKubeconfig(folder, "admin"), target, pki.admin);
  await writeKubeconfig(flags.componentKubeconfig(folder, "controller-manager"), target, pki.controllerManager);
  await writeKubeconfig(flags.componentKubeconfig(folder, "scheduler"), target, pki.scheduler);
  const policy = { apiVersion: "audit.k8s.io/v1", kind: "Policy", omitStages: ["RequestReceived"] };
  const text = JSON.stringify({ ...policy, rules: [{ level: "Metadata" }] });
  await writeFile(flags.auditPolicyFile(folder), text);
}

async function bringUp({ supervisor, layout, api }: Parts, signal: AbortSignal): Promise<void> {
  supervisor.start("etcd", flags.etcdArgs(layout));
  supervisor.start("kube-apiserver", flags.apiServerArgs(layout));
  await apiServerReady(api, signal);
  supervisor.start("kube-controller-manager", flags.controllerManagerArgs(layout));
  supervisor.start("kube-scheduler", flags.schedulerArgs(layout));
  await grantRights(api);
  await namespaceReady(api, "default", signal);
}

function toCluster(parts: Parts, report: (line: string) => void): Cluster {
  const { components, layout, target, supervisor, api } = parts;
  const { folder, pki } = layout;
  const adminKubeconfig = flags.componentKubeconfig(folder, "admin");
  const startApiServer = async (): Promise<void> => {
    supervisor.start("kube-apiserver", flags.apiServerArgs(layout));
    await apiServerReady(api, supervisor.died);
  };
  const disposal = { keepLogs: false };
  return {
    version: components.versions.kubernetes,
    server: target.server,
    folder,
    logFolder: join(folder, "logs"),
    caFile: pki.path("ca.crt"),
    kubectlPath: components.paths.kubectl,
    adminKubeconfig,
    api,
    kubectl: createKubectl(components.paths.kubectl, folder, adminKubeconfig),
    ...credentials(folder, pki, target),
    stopApiServer: async () => supervisor.stop("kube-apiserver"),
    killApiServer: async () => supervisor.kill("kube-apiserver"),
    startApiServer,
    etcd: `http://127.0.0.1:${layout.ports.etcdClient}`,
    restartEtcd: async () => {
      await supervisor.stop("etcd");
      supervisor.start("etcd", flags.etcdArgs(layout));
      await apiServerReady(api, supervisor.died);
    },
    died: supervisor.died,
    keepLogs: () => (disposal.keepLogs = true),
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]();
      await supervisor[Symbol.asyncDispose]();
      if (disposal.keepLogs) report(`logs are kept in ${keepOnlyLogs(folder)}`);
      else removeRunFolder(folder);
    },
  };
}

function credentials(
  folder: string,
  pki: Pki,
  target: KubeconfigTarget,
): Pick<Cluster, "nodeKubeconfig" | "userKubeconfig"> {
  const file = (name: string): string => join(folder, `${encodeURIComponent(name)}.kubeconfig`);
  return {
    nodeKubeconfig: async (nodeName) => writeKubeconfig(file(`node-${nodeName}`), target, nodeIdentity(pki, nodeName)),
    userKubeconfig: async (user, groups) =>
      writeKubeconfig(file(`user-${user}`), target, pki.issueClient(user, groups)),
  };
}
