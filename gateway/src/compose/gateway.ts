/** The gateway of one node of a cluster: its parts, put together, started in order and stopped in reverse. */
import { randomUUID } from "node:crypto";
import { isIP } from "node:net";
import type { Logger } from "pino";
import type { GatewayConfig } from "../config/config.js";
import { EventMark } from "../control/event-mark.js";
import { LeaseKeeper } from "../control/node/lease-keeper.js";
import { NodeKeeper } from "../control/node/node-keeper.js";
import type { Node } from "../domain/kubernetes.js";
import type { NodeIdentity } from "../domain/node-object.js";
import { podStatusPatch } from "../domain/status-diff.js";
import { connectKube, type Kube } from "../kube/connect.js";
import { readCaFiles } from "../kubelet/certificates/files.js";
import { createSettable } from "../kubelet/certificates/source.js";
import { runGroups } from "../lifecycle/runnable.js";
import { systemClock } from "../lifecycle/system-clock.js";
import type { ProviderInfo } from "../ports/provider.js";
import { KUBERNETES_VERSION, VERSION } from "../version.js";
import { clusterCertificates, isFromCluster, localCertificates } from "./certificates.js";
import { type Core, createCore } from "./core.js";
import { ownAddress } from "./own-address.js";

const clock = systemClock;
/** The kubelet port takes WebSocket for exec, attach and port-forward, so that the API server need not translate. */
const GATEWAY_FEATURES: readonly string[] = ["ExtendWebSocketsToKubelet"];
const API_RETRY_MS = 2_000;
const LAST_EVENTS_MS = 1_000;

/** Runs until the signal aborts. @throws SessionEndedError when another gateway or the provider forbids to go on */
export async function runGateway(config: GatewayConfig, logger: Logger, signal: AbortSignal): Promise<void> {
  await using kube = await openKube(config, logger);
  const facts = await learn(config, kube, logger, signal);
  const parts = createParts({ config, kube, logger, ...facts });
  await parts.lease.acquire(signal);
  logger.info({ node: config.nodeName, fencing: String(parts.lease.current()) }, "holding the node's lease");
  const core = await parts.createCore();
  facts.port.value = (await core.listen()).kubelet;
  try {
    const lease = { name: "lease", run: (stop: AbortSignal) => parts.lease.run(stop) };
    await runGroups(
      [core.serving, [lease], [{ name: "node", run: (stop: AbortSignal) => parts.node.run(stop) }], core.working],
      signal,
    );
  } finally {
    await kube.events.flush(LAST_EVENTS_MS);
  }
}

function openKube(config: GatewayConfig, logger: Logger): Promise<Kube> {
  return connectKube({
    nodeName: config.nodeName,
    clock,
    statusDiff: podStatusPatch,
    skipEchoes: true,
    userAgent: `outboard/${VERSION}`,
    budget: { perSecond: config.kubeApiQps, burst: config.kubeApiBurst },
    log: logger.child({ component: "kube" }),
    ...(config.kubeconfig === undefined ? {} : { kubeconfig: config.kubeconfig }),
  });
}

/** What must be known before anything starts. */
interface Facts {
  readonly clusterId: string;
  readonly ownIP: string;
  /** Port of the kubelet API; known once it listens. */
  readonly port: { value: number };
}

async function learn(config: GatewayConfig, kube: Kube, logger: Logger, signal: AbortSignal): Promise<Facts> {
  const found = await readNode(kube, logger, signal);
  const clusterId = config.clusterId ?? (await kube.clusterId(found));
  return { clusterId, ownIP: await ownAddress(kube.url), port: { value: 0 } };
}

/** Waits for the API server; says once that it does. */
async function readNode(kube: Kube, logger: Logger, signal: AbortSignal): Promise<Node | undefined> {
  for (let failures = 0; ; failures++) {
    try {
      return await kube.node.get(signal);
    } catch (error) {
      signal.throwIfAborted();
      if (failures === 0)
        logger.warn({ url: kube.url, reason: messageOf(error) }, "the API server does not answer, waiting for it");
      await clock.sleep(API_RETRY_MS, signal);
    }
  }
}

interface PartsOptions extends Facts {
  readonly config: GatewayConfig;
  readonly kube: Kube;
  readonly logger: Logger;
}

function createParts(options: PartsOptions) {
  const { config, kube, logger } = options;
  const instanceId = randomUUID();
  let provider: ProviderInfo | undefined;
  let core: Core | undefined;
  const eventMark = new EventMark({ clock, isIdle: () => kube.events.idle });
  const identity = (): NodeIdentity => identityOf(options, provider);
  const node = new NodeKeeper({
    writer: kube.node,
    identity,
    clock,
    events: kube.events,
    logger: logger.child({ component: "node" }),
    onRegistered: () => {
      lease.renewNow();
      core?.recheck();
    },
  });
  const lease: LeaseKeeper = new LeaseKeeper({
    writer: kube.lease,
    nodeName: config.nodeName,
    instanceId,
    node: () => node.node(),
    clock,
    eventMark,
    logger: logger.child({ component: "lease" }),
  });
  return {
    lease,
    node,
    createCore: async (): Promise<Core> => {
      core = createCore({
        ...options,
        clock,
        instanceId,
        kubernetesVersion: KUBERNETES_VERSION,
        fencing: lease,
        source: kube.pods,
        writer: kube.podWriter,
        inputs: kube.inputs,
        events: kube.events,
        eventMark,
        nodeObject: () => node.node(),
        hostIPs: () => internalIPs(node.node(), options.ownIP),
        onNode: (info, said) => {
          provider = info;
          node.takeProvider(info, said);
        },
        onLost: (reason, message) => node.takeLost(reason, message),
        kubelet: await kubeletSecurity(options),
      });
      return core;
    },
  };
}

/** Client certificates of the cluster's CA, bearer tokens by TokenReview, access by SubjectAccessReview. */
async function kubeletSecurity({ config, kube, logger, ownIP }: PartsOptions) {
  const addresses = () =>
    config.nodeAddresses ?? [
      { type: "InternalIP", address: ownIP },
      { type: "Hostname", address: config.nodeName },
    ];
  const certificates = isFromCluster(config)
    ? clusterCertificates({ kube, addresses, clock, logger })
    : await localCertificates(config, [config.nodeName, ...addresses().map(({ address }) => address)], {
        clock,
        logger,
      });
  const clientCa =
    config.clientCA === undefined
      ? createSettable(await kube.certificateAuthority())
      : await readCaFiles([config.clientCA], { clock, logger });
  return {
    certificates,
    clientCa,
    tokens: kube.reviews,
    authorization: { kind: "webhook", reviewer: kube.reviews },
  } as const;
}

function identityOf(
  { config, clusterId, ownIP, port }: PartsOptions,
  provider: ProviderInfo | undefined,
): NodeIdentity {
  const taint = { key: "virtual-kubelet.io/provider", value: provider?.name ?? "", effect: "NoSchedule" };
  return {
    name: config.nodeName,
    labels: { type: "virtual-kubelet", ...config.nodeLabels },
    annotations: config.nodeAnnotations,
    taints: config.nodeTaints ?? [taint],
    providerID: config.providerID,
    addresses: config.nodeAddresses,
    ownIP,
    kubeletVersion: `${KUBERNETES_VERSION}+outboard-${VERSION}`,
    port: port.value,
    clusterId,
    declaredFeatures: GATEWAY_FEATURES,
  };
}

function internalIPs(node: Node | undefined, ownIP: string): readonly string[] {
  const addresses = node?.status?.addresses?.filter(
    ({ type, address }) => type === "InternalIP" && isIP(address) !== 0,
  );
  return addresses === undefined || addresses.length === 0 ? [ownIP] : addresses.map(({ address }) => address);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
