/** The gateway without an API server: pods from a folder, their status printed and served on the kubelet API. */
import { randomUUID } from "node:crypto";
import path from "node:path";
import type { Logger } from "pino";
import type { StandaloneConfig } from "../config/config.js";
import type { Node, Pod } from "../domain/kubernetes.js";
import { computeNode, type NodeIdentity } from "../domain/node-object.js";
import { isTerminal } from "../domain/pod-plan.js";
import { readCaFiles } from "../kubelet/certificates/files.js";
import { runGroups } from "../lifecycle/runnable.js";
import { systemClock } from "../lifecycle/system-clock.js";
import type { EventSink } from "../ports/events.js";
import { createFolderInputs } from "../standalone/inputs.js";
import { createStandalonePods } from "../standalone/pods.js";
import { createReporter } from "../standalone/report.js";
import type { Fencing } from "../provider/session.js";
import { openState, type StateStore } from "../standalone/state.js";
import { KUBERNETES_VERSION } from "../version.js";
import { localCertificates } from "./certificates.js";
import { createCore } from "./core.js";
import { noClientCa } from "./no-client-ca.js";

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
  const over = new AbortController();
  const reporter = createReporter(config.output, print);
  const inputs = createFolderInputs();
  const live = new Map<string, Pod>(store.state.pods.map((pod) => [pod.metadata.uid, pod]));
  const pods = createStandalonePods({
    folder: config.manifests,
    nodeName: config.nodeName,
    store,
    clock,
    logger,
    onManifests: (manifests) => inputs.take(manifests),
    onPod: (uid, pod) => {
      if (pod === undefined) live.delete(uid);
      else live.set(uid, pod);
      reporter.take(uid, pod);
      if (config.once && live.size > 0 && [...live.values()].every(isTerminal)) over.abort();
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
    onLost: (reason, message) => logger.warn({ reason, message }, "provider lost"),
    kubelet: {
      certificates: await localCertificates(config, [config.nodeName, LOOPBACK], { clock, logger }),
      clientCa: config.clientCA === undefined ? noClientCa : await readCaFiles([config.clientCA], { clock, logger }),
      authorization: { kind: "always-allow" },
    },
  });
  await core.listen();
  await runGroups([core.serving, core.working], AbortSignal.any([signal, over.signal]));
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
