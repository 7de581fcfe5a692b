/** exec, attach, portForward and run: what they mean, then the streams that serve them. */
import type { ServerResponse } from "node:http";
import type { Clock } from "../../ports/clock.js";
import { ProviderError, type ProviderStreams } from "../../ports/provider.js";
import type { Exchange, Handler } from "../exchange.js";
import type { KubeletMetrics } from "../metrics.js";
import type { Service } from "../route-table.js";
import type { StreamSlots } from "../stream-slots.js";
import type { OpenForward } from "../streaming/forward.js";
import { findForward } from "../streaming/forward-target.js";
import { servePortForward } from "../streaming/port-forward.js";
import { isRefusal, refuse, tooMany } from "../streaming/refusal.js";
import { collectRun } from "../streaming/run.js";
import { serveSession } from "../streaming/session.js";
import { findSession, type TargetSources } from "../streaming/session-target.js";
import { upgradeKind } from "../streaming/upgrade.js";
import { offersTunnel } from "../streaming/websocket/accept.js";

/** What streams are served from. */
export interface StreamsOptions extends TargetSources {
  readonly streams: ProviderStreams;
  readonly slots: StreamSlots;
  readonly metrics: KubeletMetrics;
  readonly clock: Clock;
}

const CONTAINER = "/{namespace}/{pod}/{container}";
const CONTAINER_BY_UID = "/{namespace}/{pod}/{uid}/{container}";
const POD = "/{namespace}/{pod}";
const POD_BY_UID = "/{namespace}/{pod}/{uid}";

const BOTH_OUTPUTS = new URLSearchParams({ output: "1", error: "1" });

/** All services. */
export function streamServices(options: StreamsOptions): readonly Service[] {
  return [
    service("run", [CONTAINER, CONTAINER_BY_UID], ["POST"], (exchange) => run(options, exchange)),
    service("exec", [CONTAINER, CONTAINER_BY_UID], ["GET", "POST"], (exchange) => exec(options, exchange)),
    service("attach", [CONTAINER, CONTAINER_BY_UID], ["GET", "POST"], (exchange) => attach(options, exchange)),
    service("portForward", [POD, POD_BY_UID], ["GET", "POST"], (exchange) => portForward(options, exchange)),
  ];
}

function service(name: string, patterns: readonly string[], methods: readonly string[], handle: Handler): Service {
  const routes = patterns.map((pattern) => ({ pattern, methods, handle }));
  return { name, root: `/${name}`, exact: false, subresources: ["proxy"], routes };
}

async function exec(options: StreamsOptions, exchange: Exchange): Promise<void> {
  const target = findSession("exec", options, exchange);
  if (isRefusal(target)) return refuse(exchange, target);
  const order = { ...target.order, command: exchange.query.getAll("command") };
  await inSlot("exec", options, exchange, () =>
    serveSession(exchange, {
      wanted: target.wanted,
      open: ({ input, size, signal }) => options.streams.openExec({ ...order, ...size }, input, signal),
      failure: "error executing command in container",
      clock: options.clock,
    }),
  );
}

async function attach(options: StreamsOptions, exchange: Exchange): Promise<void> {
  const target = findSession("attach", options, exchange);
  if (isRefusal(target)) return refuse(exchange, target);
  await inSlot("attach", options, exchange, () =>
    serveSession(exchange, {
      wanted: target.wanted,
      open: ({ input, size, signal }) => options.streams.openAttach({ ...target.order, ...size }, input, signal),
      failure: "error attaching to container",
      clock: options.clock,
    }),
  );
}

async function portForward(options: StreamsOptions, exchange: Exchange): Promise<void> {
  const { request, params, query, signal } = exchange;
  const isChannels = upgradeKind(request) === "websocket" && !offersTunnel(request);
  const target = findForward(options, { params, query, isChannels });
  if (isRefusal(target)) return refuse(exchange, target);
  const { uid, ports } = target;
  const open: OpenForward = (port, input, over) => options.streams.openPortForward({ uid, port }, input, over);
  await servePortForward(exchange, ports, { ...options, open, signal });
}

/** The oldest way to run a command: `cmd` is split at spaces, both outputs are the answer. */
async function run(options: StreamsOptions, exchange: Exchange): Promise<void> {
  const { params, query, signal } = exchange;
  const target = findSession("exec", options, { params, query: BOTH_OUTPUTS });
  if (isRefusal(target)) return refuse(exchange, target);
  const text = query.get("cmd") ?? "";
  await inSlot("run", options, exchange, async () => {
    try {
      const order = { ...target.order, command: text.split(" ") };
      const { code, output } = await collectRun(await options.streams.openExec(order, nothing(), signal));
      if (code === 0) return replyBytes(exchange.response, output);
      refuse(exchange, { status: 500, text: `command '${text}' exited with ${code}: ${output.toString()}` });
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      refuse(exchange, { status: 500, text: error.message });
    }
  });
}

async function* nothing(): AsyncGenerator<never> {}

/** The kubelet says JSON, whatever the command says. */
function replyBytes(response: ServerResponse, bytes: Buffer): void {
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": String(bytes.length) });
  response.end(bytes);
}

/** Holds one of the provider's streams for as long as `serve` takes. */
async function inSlot(
  name: string,
  { slots, metrics }: StreamsOptions,
  exchange: Exchange,
  serve: () => Promise<void>,
): Promise<void> {
  const release = slots.take();
  if (release === undefined) return refuse(exchange, tooMany(slots.limit()));
  metrics.streamOpened(name);
  try {
    await serve();
  } finally {
    metrics.streamClosed(name);
    release();
  }
}
