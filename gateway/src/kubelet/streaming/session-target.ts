/** What an exec or attach request means: the kubelet's checks in its order, with its texts. Pure. */
import type { Pod, PodStatus } from "../../domain/kubernetes.js";
import type { PodEntry, PodView, ProviderView } from "../../ports/kubelet.js";
import type { AttachOrder } from "../../ports/provider.js";
import { statusOf } from "../logs/availability.js";
import type { Wanted } from "./client-session.js";
import { isRefusal, type Refusal, requireProvider } from "./refusal.js";

export type SessionKind = "exec" | "attach";

/** Where targets are looked up. */
export interface TargetSources {
  readonly pods: PodView;
  readonly provider: ProviderView;
}

/** A request, as far as its meaning goes. */
export interface SessionRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

/** A container that runs. */
export interface SessionTarget {
  /** What the client sends and takes. */
  readonly wanted: Wanted;
  readonly order: AttachOrder;
}

/** Which streams are asked for. A terminal has no stderr of its own. */
export function readWanted(query: URLSearchParams): Wanted | Refusal {
  const has = (name: string): boolean => query.get(name) === "1";
  const tty = has("tty");
  const wanted = { stdin: has("input"), stdout: has("output"), stderr: has("error") && !tty, tty };
  if (wanted.stdin || wanted.stdout || wanted.stderr) return wanted;
  return { status: 400, text: "you must specify at least 1 of stdin, stdout, stderr" };
}

/** The running container that is meant, or why there is none. Whether one attaches to a terminal is the container's affair. */
export function findSession(
  kind: SessionKind,
  { pods, provider }: TargetSources,
  request: SessionRequest,
): SessionTarget | Refusal {
  const wanted = readWanted(request.query);
  if (isRefusal(wanted)) return wanted;
  const { namespace = "", pod = "", container = "", uid } = request.params;
  const entry = pods.find(namespace, pod);
  if (entry === undefined) return { status: 404, text: "pod does not exist" };
  if (!isRunning(entry, container) || (uid !== undefined && uid !== entry.pod.metadata.uid)) {
    return { status: 500, text: notFoundText(kind, `${pod}_${namespace}`, container) };
  }
  const tty = kind === "attach" ? hasTerminal(entry.pod, container) : wanted.tty;
  const order = { ...wanted, tty, stderr: wanted.stderr && !tty, uid: entry.pod.metadata.uid, container };
  const info = requireProvider(provider.info(), neededCapabilities(kind, order));
  return isRefusal(info) ? info : { wanted, order };
}

/** Does this container run, as far as the gateway knows. */
export function isRunning({ pod, status }: PodEntry, container: string): boolean {
  return runningState(status ?? pod.status, container) !== undefined;
}

function runningState(status: PodStatus | undefined, container: string): unknown {
  return statusOf(status, container)?.state?.running;
}

function hasTerminal(pod: Pod, name: string): boolean {
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec;
  const all = [...containers, ...initContainers, ...ephemeralContainers];
  return all.find((container) => container.name === name)?.tty === true;
}

function neededCapabilities(kind: SessionKind, { tty, stdin }: Wanted): readonly string[] {
  return [kind, ...(tty ? [`${kind}.tty`] : []), ...(stdin ? [`${kind}.stdin`] : [])];
}

function notFoundText(kind: SessionKind, pod: string, container: string): string {
  return kind === "exec"
    ? `container not found (${JSON.stringify(container)})`
    : `container ${container} not found in pod ${pod}`;
}
