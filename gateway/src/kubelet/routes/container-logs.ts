/** GET /containerLogs: every check of the kubelet in its order, then the provider's log. */
import type { PodView, ProviderView } from "../../ports/kubelet.js";
import { ProviderError, type ProviderInfo, type ProviderLogs } from "../../ports/provider.js";
import type { Clock } from "../../ports/clock.js";
import type { Exchange } from "../exchange.js";
import { hasContainer, instanceOf, whyNoLog } from "../logs/availability.js";
import { missingCapability, missingText } from "../logs/capabilities.js";
import { type LogOptions, readLogOptions } from "../logs/options.js";
import { openLog } from "../logs/query.js";
import { sendLog } from "../logs/send.js";
import type { KubeletMetrics } from "../metrics.js";
import { replyText } from "../reply.js";
import type { Service } from "../route-table.js";
import type { StreamSlots } from "../stream-slots.js";

/** What logs are served from. */
export interface ContainerLogsOptions {
  readonly pods: PodView;
  readonly provider: ProviderView;
  readonly logs: ProviderLogs;
  readonly slots: StreamSlots;
  readonly metrics: KubeletMetrics;
  readonly clock: Clock;
}

/** An answer that is a text. */
interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Target {
  readonly uid: string;
  readonly pod: string;
  readonly container: string;
  readonly options: LogOptions;
  readonly info: ProviderInfo;
  /** Id of the instance, as the status has it. */
  readonly instance: string;
}

const NAME = "containerLogs";
/** The kubelet sends these errors chunked and without a type. */
const CHUNKED = { "Transfer-Encoding": "chunked" };

/** The service. */
export function containerLogsService(options: ContainerLogsOptions): Service {
  const pattern = "/{namespace}/{pod}/{container}";
  return {
    name: NAME,
    root: "/containerLogs",
    exact: false,
    subresources: ["proxy"],
    routes: [{ pattern, methods: ["GET"], handle: (exchange) => serve(options, exchange) }],
  };
}

async function serve(options: ContainerLogsOptions, exchange: Exchange): Promise<void> {
  const target = judge(options, exchange);
  if ("status" in target) return refuse(exchange, target);
  const release = options.slots.take();
  if (release === undefined) return refuse(exchange, tooMany(options.slots.limit()));
  options.metrics.streamOpened(NAME);
  try {
    await stream(options, exchange, target);
  } finally {
    options.metrics.streamClosed(NAME);
    release();
  }
}

async function stream(options: ContainerLogsOptions, exchange: Exchange, target: Target): Promise<void> {
  const { response, signal } = exchange;
  const order = { ...target, providerTails: target.info.capabilities.has("logs.tail") };
  try {
    const log = await openLog(options.logs, order, options.clock, signal);
    await sendLog(response, log.chunks, log.renderer, signal);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    refuse(exchange, explain(error, target));
  }
}

/** The kubelet's checks, in order. */
function judge(options: ContainerLogsOptions, exchange: Exchange): Target | Refusal {
  const { namespace = "", pod = "", container = "" } = exchange.params;
  if (pod === "") return { status: 400, text: '{"message": "Missing podID."}' };
  if (container === "") return { status: 400, text: '{"message": "Missing container name."}' };
  if (namespace === "") return { status: 400, text: '{"message": "Missing podNamespace."}' };
  const read = readLogOptions(exchange.query);
  if (read.kind === "undecodable") return { status: 400, text: '{"message": "Unable to decode query."}' };
  if (read.kind === "invalid") return { status: 422, text: '{"message": "Invalid request."}' };
  return find(options, { namespace, pod, container, options: read.options });
}

function find(
  { pods, provider }: ContainerLogsOptions,
  wanted: Pick<Target, "pod" | "container" | "options"> & { readonly namespace: string },
): Target | Refusal {
  const { namespace, pod, container, options } = wanted;
  const entry = pods.find(namespace, pod);
  if (entry === undefined) return { status: 404, text: `pod ${JSON.stringify(pod)} does not exist` };
  if (!hasContainer(entry.pod, container)) {
    return { status: 404, text: `container ${JSON.stringify(container)} not found in pod ${JSON.stringify(pod)}` };
  }
  if (options.stream !== "All") return { status: 400, text: streamText(options.stream) };
  const status = entry.status ?? entry.pod.status;
  const target = { pod, container, previous: options.previous };
  const reason = whyNoLog(target, status);
  if (reason !== undefined) return { status: 400, text: reason, headers: CHUNKED };
  const info = provider.info();
  if (info === undefined)
    return { status: 503, text: "the provider is not connected", headers: { "Retry-After": "1" } };
  const missing = missingCapability(info, options);
  if (missing !== undefined) return { status: 501, text: missingText(info, missing) };
  return { uid: entry.pod.metadata.uid, pod, container, options, info, instance: instanceOf(target, status) };
}

/** What a provider's refusal means to the caller. */
function explain(error: ProviderError, target: Target): Refusal {
  const container = `container ${JSON.stringify(target.container)} in pod ${JSON.stringify(target.pod)}`;
  switch (error.reason) {
    case "CAPABILITY":
      return { status: 501, text: missingText(target.info, "logs") };
    case "NOT_RUNNING":
      return { status: 400, text: `${container} is waiting to start - no logs yet` };
    case "CONTAINER":
      // The kubelet has begun to answer when it sees that the runtime no longer has the instance.
      return { status: 200, text: `unable to retrieve container logs for ${target.instance}` };
    case "POD":
      return { status: 404, text: `the provider has no log of ${container}` };
    default:
      return { status: 503, text: `the log of ${container} cannot be read now: ${error.message}` };
  }
}

function tooMany(limit: number): Refusal {
  return { status: 429, text: `all ${limit} streams of this node are in use`, headers: { "Retry-After": "1" } };
}

function streamText(stream: string): string {
  const gate = "Please enable PodLogsQuerySplitStreams feature gate in kubelet";
  return `unable to return the given log stream: ${JSON.stringify(stream)}. ${gate}`;
}

function refuse({ response }: Exchange, { status, text, headers }: Refusal): void {
  if (headers === CHUNKED) {
    response.writeHead(status, CHUNKED);
    response.end(text);
  } else {
    replyText(response, status, text, headers);
  }
}
