/** What a port-forward request means: the kubelet's checks in its order, with its texts. Pure. */
import { listOf } from "./upgrade.js";
import { type Refusal, isRefusal, requireProvider } from "./refusal.js";
import type { TargetSources } from "./session-target.js";
import { readPort } from "./spdy/port-forward.js";

/** A request, as far as its meaning goes. */
export interface ForwardRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** WebSocket without the SPDY tunnel: ports are in the query. */
  readonly isChannels: boolean;
}

/** The pod that is meant. */
export interface ForwardTarget {
  readonly uid: string;
  readonly ports: readonly number[];
}

const MAX_PORTS = 127;

/** The pod, or why there is none. */
export function findForward({ pods, provider }: TargetSources, request: ForwardRequest): ForwardTarget | Refusal {
  const ports = request.isChannels ? readPorts(request.query) : [];
  if (isRefusal(ports)) return ports;
  const { namespace = "", pod = "", uid } = request.params;
  const entry = pods.find(namespace, pod);
  if (entry === undefined) return { status: 404, text: "pod does not exist" };
  if (uid !== undefined && uid !== entry.pod.metadata.uid) return { status: 404, text: "pod not found" };
  const { phase } = entry.status ?? entry.pod.status ?? {};
  if (phase !== "Running") return { status: 500, text: `pod not found (${JSON.stringify(`${pod}_${namespace}`)})` };
  const info = requireProvider(provider.info(), ["port_forward"]);
  return isRefusal(info) ? info : { uid: entry.pod.metadata.uid, ports };
}

function readPorts(query: URLSearchParams): readonly number[] | Refusal {
  const texts = listOf(query.getAll("port"));
  if (texts.length === 0) return { status: 400, text: 'query parameter "port" is required' };
  if (texts.length > MAX_PORTS) return { status: 400, text: `more than ${MAX_PORTS} ports` };
  const bad = texts.find((text) => readPort(text) === undefined);
  if (bad !== undefined) return { status: 400, text: `unable to parse ${JSON.stringify(bad)} as a port` };
  return texts.map(Number);
}
