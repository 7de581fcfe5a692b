/** What cluster mode and standalone mode share: the session with the provider, the pods, the kubelet port, the management port. */
import { once } from "node:events";
import type { Logger } from "pino";
import type { KubeletConfig, PodsConfig, ProviderConfig } from "../config/config.js";
import type { PodOptions } from "../control/pod/deps.js";
import { PodController } from "../control/pod/controller.js";
import type { EventMark } from "../control/event-mark.js";
import { SessionEndedError } from "../control/session-ended.js";
import type { Node } from "../domain/kubernetes.js";
import { toKubeletConfiguration } from "../kubelet/configuration.js";
import { createKubeletServer, type KubeletServerOptions } from "../kubelet/server.js";
import { createManagementServer } from "../kubelet/management.js";
import { createKubeletMetrics, type KubeletMetrics } from "../kubelet/metrics.js";
import { countTerminations } from "../kubelet/termination-metrics.js";
import type { Runnable } from "../lifecycle/runnable.js";
import type { Clock } from "../ports/clock.js";
import type { EventSink } from "../ports/events.js";
import type { InputSource } from "../ports/inputs.js";
import type { PodSource, PodWriter } from "../ports/pods.js";
import type { ProviderEventMessage, ProviderInfo, ProviderNode } from "../ports/provider.js";
import { openConnection } from "../provider/connection.js";
import { createProviderControl } from "../provider/control.js";
import { providerCredentials } from "../provider/credentials.js";
import { createProviderStreams } from "../provider/interactions.js";
import { createProviderLogs } from "../provider/logs.js";
import { createProviderStats } from "../provider/stats.js";
import { createProviderSession, type Fencing, type SessionOptions } from "../provider/session.js";
import { VERSION } from "../version.js";
import { createHealth } from "./health.js";
import { createPodView } from "./pod-view.js";

const MERGE_WINDOW_MS = 50;
/** Time for requests that are under way when the kubelet port closes. */
const KUBELET_CLOSE_MS = 3_000;

/** What differs between the modes. */
export interface CoreOptions {
  readonly config: ProviderConfig & KubeletConfig & PodsConfig & { readonly nodeName: string };
  readonly logger: Logger;
  readonly clock: Clock;
  readonly instanceId: string;
  readonly clusterId: string;
  readonly kubernetesVersion: string;
  readonly fencing: Fencing;
  readonly source: PodSource;
  /** Default "api". */
  readonly podSource?: "api" | "file";
  readonly writer: PodWriter;
  readonly inputs: InputSource;
  readonly events: EventSink;
  readonly eventMark?: EventMark;
  readonly nodeObject: () => Node | undefined;
  readonly hostIPs: () => readonly string[];
  readonly onNode: (info: ProviderInfo, node: ProviderNode) => void;
  readonly onLost: (reason: string, message: string) => void;
  readonly kubelet: Pick<KubeletServerOptions, "certificates" | "clientCa" | "tokens" | "authorization">;
}

/** The parts, not yet running. */
export interface Core {
  /** Opens both ports; their numbers. */
  listen(): Promise<{ readonly kubelet: number; readonly management: number }>;
  /** The last handshake's answer. */
  info(): ProviderInfo | undefined;
  /** The node was registered: pods that waited for it may be judged. */
  recheck(): void;
  /** Closes the ports when the signal aborts. */
  readonly serving: readonly Runnable[];
  /** Session and pods. */
  readonly working: readonly Runnable[];
}

/** Puts the parts together. @throws Error for a bad provider address */
export function createCore(options: CoreOptions): Core {
  const { config, logger } = options;
  const connection = openConnection(config.provider, providerCredentials(config));
  const over = new AbortController();
  const session = createProviderSession({
    ...sessionOptions(options),
    connection,
    onMessage: (message) => take(message),
  });
  const provider = createProviderControl(connection, session);
  const stats = createProviderStats(connection, session);
  const metrics = createKubeletMetrics();
  const pods = new PodController({
    ...options,
    writer: countTerminations(options.writer, metrics.registry),
    provider,
    stats,
    nodeName: config.nodeName,
    options: { ...podOptions(config), podSource: options.podSource ?? "api" },
    logger: logger.child({ component: "pods" }),
  });
  let info: ProviderInfo | undefined;

  function take(message: ProviderEventMessage): void {
    pods.takeProvider(message);
    if (message.kind === "session") info = message.info;
    if (message.kind === "node" && info !== undefined) options.onNode(info, message.node);
    if (message.kind === "lost") options.onLost(message.reason, message.message);
    if (message.kind === "ended") over.abort(new SessionEndedError(message.reason, message.message));
  }

  const serving = createServing(options, pods, {
    info: () => info,
    isConnected: () => session.current() !== undefined,
    logs: createProviderLogs(connection, session),
    streams: createProviderStreams(connection, session, options.clock),
    stats,
    metrics,
  });
  return {
    ...serving,
    info: () => info,
    recheck: () => pods.recheck(),
    working: [{ name: "provider session", run: (signal) => runSession(signal) }, ...pods.runnables],
  };

  async function runSession(signal: AbortSignal): Promise<void> {
    await session.run(signal);
    connection[Symbol.dispose]();
    if (!signal.aborted) over.signal.throwIfAborted();
  }
}

function sessionOptions(options: CoreOptions): Omit<SessionOptions, "connection" | "onMessage"> {
  const { config, clock, logger, instanceId, clusterId, fencing, kubernetesVersion } = options;
  return {
    gatewayVersion: VERSION,
    instanceId,
    clusterId,
    nodeName: config.nodeName,
    fencing,
    clock,
    logger: logger.child({ component: "provider" }),
    nodeConfiguration: () => ({
      clusterDns: config.clusterDNS,
      clusterDomain: config.clusterDomain,
      podCidrs: options.nodeObject()?.spec?.podCIDRs ?? [],
      kubernetesVersion,
    }),
  };
}

function podOptions(config: PodsConfig): PodOptions {
  return {
    capacityTimeoutMs: config.capacityTimeoutSeconds * 1000,
    mergeWindowMs: MERGE_WINDOW_MS,
    featurePolicy: config.featurePolicy,
    clusterDNS: config.clusterDNS,
    clusterDomain: config.clusterDomain,
    compatibility: config.compatibility,
  };
}

function createServing(
  options: CoreOptions,
  pods: PodController,
  provider: Pick<KubeletServerOptions, "logs" | "streams" | "stats"> & {
    readonly info: () => ProviderInfo | undefined;
    readonly isConnected: () => boolean;
    readonly metrics: KubeletMetrics;
  },
): Pick<Core, "listen" | "serving"> {
  const { config, clock, logger } = options;
  const { metrics } = provider;
  const health = createHealth({ pods, clock, isConnected: provider.isConnected, nodeObject: options.nodeObject });
  const kubelet = createKubeletServer({
    ...options.kubelet,
    nodeName: config.nodeName,
    host: config.kubeletAddress,
    port: config.kubeletPort,
    pods: createPodView(pods.table),
    provider,
    compatibility: config.compatibility,
    logs: provider.logs,
    streams: provider.streams,
    stats: provider.stats,
    configz: () =>
      toKubeletConfiguration(config, {
        hasTokens: options.kubelet.tokens !== undefined,
        authorization: options.kubelet.authorization.kind,
      }),
    health,
    metrics,
    clock,
    logger: logger.child({ component: "kubelet" }),
  });
  const management = createManagementServer({
    host: config.managementAddress,
    port: config.managementPort,
    health,
    metrics,
    logger: logger.child({ component: "management" }),
  });
  return {
    listen: async () => {
      const { port } = await management.listen();
      return { kubelet: (await kubelet.listen()).port, management: port };
    },
    serving: [
      { name: "management port", run: (signal) => closeOn(signal, () => management.close()) },
      { name: "kubelet port", run: (signal) => closeOn(signal, () => kubelet.close(KUBELET_CLOSE_MS)) },
    ],
  };
}

/** A runnable's run: waits for the signal, then closes. */
async function closeOn(signal: AbortSignal, close: () => Promise<void>): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
  await close();
}
