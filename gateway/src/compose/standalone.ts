/** The gateway without an API server: pods from a folder, their status printed and served on the kubelet API. */
import { randomUUID } from "node:crypto";
import path from "node:path";
import type { Logger } from "pino";
import type { StandaloneConfig } from "../config/config.js";
import type { Node } from "../domain/kubernetes.js";
import { computeNode, type NodeIdentity } from "../domain/node-object.js";
import { isTerminal } from "../domain/pod-plan.js";
import { openClientAccess } from "../kubelet/certificates/client-access.js";
import { readCaFiles } from "../kubelet/certificates/files.js";
import { runGroups } from "../lifecycle/runnable.js";
import { systemClock } from "../lifecycle/system-clock.js";
import type { EventSink } from "../ports/events.js";
import { createFolderInputs } from "../standalone/inputs.js";
import { createStandalonePods } from "../standalone/pods.js";
import { openPortsFile } from "../standalone/ports-file.js";
import { createReporter } from "../standalone/report.js";
import type { Fencing } from "../provider/session.js";
import { openState, type StateStore } from "../standalone/state.js";
import { KUBERNETES_VERSION } from "../version.js";
import { localCertificates } from "./certificates.js";
import { createCore } from "./core.js";

const clock = systemClock;
const LOOPBACK = "127.0.0.1";

/** Runs until the signal aborts, or with `once` until every pod has ended. @throws Error */
export async function runStandalone(
  config: StandaloneConfig,
  logger: Logger,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const folder = config.state ?? path.join(path.dirname(path.resolve(config.manifests)), ".outboard");
  using store = openState(folder);
  using ports = openPortsFile(folder);
  const over = new AbortController();
  const reporter = createReporter(config.output, print);
  const inputs = createFolderInputs();
  let problems: readonly string[] = [];
  const pods = createStandalonePods({
    folder: config.manifests,
    nodeName: config.nodeName,
    store,
    clock,
    logger,
    onManifests: (manifests) => {
      inputs.take(manifests);
      problems = manifests.problems;
    },
    onPod: (uid, pod) => reporter.take(uid, pod),
    onPods: (all) => {
      if (config.once && all.every(isTerminal)) over.abort();
    },
  });
  let node: Node | undefined;
  const core = createCore({
    config,
    logger,
    clock,
    instanceId: randomUUID(),
    clusterId: store.state.clusterId,
    kubernetesVersion: "",
    fencing: fencingOf(store),
    source: pods,
    podSource: "file",
    writer: pods,
    inputs,
    events: logEvents(logger),
    nodeObject: () => node,
    hostIPs: () => [LOOPBACK],
    onNode: (info, said) => {
      if (said.facts === undefined) return;
      const identity = identityOf(config, store.state.clusterId);
      node = computeNode(identity, { info, node: said, facts: said.facts }, node, clock.now());
    },
    onLost: () => {}, // the session has logged it
    kubelet: await kubeletSecurity(config, folder, logger),
  });
  ports.write(await core.listen());
  await runGroups([core.serving, core.working], AbortSignal.any([signal, over.signal]));
  if (over.signal.aborted && problems.length > 0) throw new Error(`${config.manifests}: some manifests were not taken`);
}

/** Without an authority for clients in the configuration one is made in the state folder, with one client. */
async function kubeletSecurity(config: StandaloneConfig, folder: string, logger: Logger) {
  const clientCa = config.clientCA ?? (await openClientAccess(folder, clock.now())).ca;
  return {
    certificates: await localCertificates(config, [config.nodeName, LOOPBACK], { clock, logger }),
    clientCa: await readCaFiles([clientCa], { clock, logger }),
    authorization: { kind: "always-allow" },
  } as const;
}

/** The counter in the state file; the folder's lock is ours, so the number may always be raised. */
function fencingOf(store: StateStore): Fencing {
  return {
    current: () => BigInt(store.state.fencing),
    raiseAbove: async (highest) => {
      store.save({ ...store.state, fencing: Math.max(Number(highest), store.state.fencing) + 1 });
      return true;
    },
  };
}

/** There is no Node object; pods are judged against what it would be. */
function identityOf({ nodeName }: StandaloneConfig, clusterId: string): NodeIdentity {
  return {
    name: nodeName,
    labels: {},
    annotations: {},
    taints: [],
    ownIP: LOOPBACK,
    kubeletVersion: KUBERNETES_VERSION,
    port: 0,
    clusterId,
  };
}

/** Without an API server events are log lines. */
function logEvents(logger: Logger): EventSink {
  return {
    record: ({ target, type, reason, message }) => {
      const fields = { pod: `${target.namespace}/${target.name}`, reason };
      if (type === "Warning") logger.warn(fields, message);
      else logger.info(fields, message);
    },
  };
}
