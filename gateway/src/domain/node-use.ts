/** What the pods of a node hold of it: how many they are, what they request, and their host ports. */
import { sameValue } from "./json-diff.js";
import type { Pod, PodSpec } from "./kubernetes.js";
import { isTerminalPhase } from "./pod-phase.js";
import { podRequests } from "./pod-resources.js";
import { milliUnits, quantity, wholeUnits } from "./quantity.js";

/** A port of the node that a container has. */
export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/** Taken by others than the pod that is looked at. */
export interface NodeUse {
  readonly pods: number;
  /** Sum of requests, in the unit of unitsOf. */
  readonly requested: (resource: string) => bigint;
  readonly hostPorts: readonly HostPort[];
}

interface Share {
  readonly requests: ReadonlyMap<string, bigint>;
  readonly hostPorts: readonly HostPort[];
}

const NO_PORTS: readonly HostPort[] = [];

/** Running sums over the pods of a node: to let a pod in must not cost more the more there are. */
export class NodeLedger {
  readonly #shares = new Map<string, Share>();
  readonly #sums = new Map<string, bigint>();
  readonly #withPorts = new Set<string>();

  /** Takes what a pod holds now; undefined, or ended: nothing. */
  set(uid: string, pod: Pod | undefined): void {
    this.#remove(uid);
    if (pod === undefined || isTerminalPhase(pod.status?.phase)) return;
    const ports = hostPorts(pod);
    const share = { requests: requestedUnits(pod.spec), hostPorts: ports.length === 0 ? NO_PORTS : ports };
    this.#shares.set(uid, share);
    this.#add(share, 1n);
    if (share.hostPorts.length > 0) this.#withPorts.add(uid);
  }

  /** What all pods but one hold. */
  without(uid: string): NodeUse {
    const own = this.#shares.get(uid);
    return {
      pods: this.#shares.size - (own === undefined ? 0 : 1),
      requested: (name) => (this.#sums.get(name) ?? 0n) - (own?.requests.get(name) ?? 0n),
      hostPorts: [...this.#withPorts].flatMap((each) =>
        each === uid ? [] : (this.#shares.get(each)?.hostPorts ?? []),
      ),
    };
  }

  #remove(uid: string): void {
    const share = this.#shares.get(uid);
    if (share === undefined) return;
    this.#add(share, -1n);
    this.#shares.delete(uid);
    this.#withPorts.delete(uid);
  }

  #add({ requests }: Share, sign: bigint): void {
    for (const [name, units] of requests) this.#sums.set(name, (this.#sums.get(name) ?? 0n) + sign * units);
  }
}

/** Units of a resource: thousandths of a core for cpu, whole ones for all others. */
export function unitsOf(resource: string, text: string | undefined): bigint {
  return resource === "cpu" ? milliUnits(quantity(text)) : wholeUnits(quantity(text));
}

/** Host ports of what runs together: sidecars and main containers. */
export function hostPorts({ spec }: Pod): readonly HostPort[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  return [...sidecars, ...spec.containers].flatMap(({ ports }) =>
    (ports ?? []).flatMap(({ hostPort, hostIP, protocol }) =>
      hostPort === undefined || hostPort === 0
        ? []
        : [{ port: hostPort, ip: hostIP || "0.0.0.0", protocol: protocol || "TCP" }],
    ),
  );
}

/** Specs that were looked at: a pod is set at each change, its spec seldom changes. */
const known = new WeakMap<PodSpec, ReadonlyMap<string, bigint>>();
/** Most pods request what the pod before requested: one map for all of them. */
let last: { readonly requests: object; readonly units: ReadonlyMap<string, bigint> } = {
  requests: {},
  units: new Map(),
};

function requestedUnits(spec: PodSpec): ReadonlyMap<string, bigint> {
  const found = known.get(spec) ?? unitsOfAll(podRequests(spec));
  known.set(spec, found);
  return found;
}

function unitsOfAll(requests: Readonly<Record<string, string>>): ReadonlyMap<string, bigint> {
  if (!sameValue(requests, last.requests)) {
    last = { requests, units: new Map(Object.entries(requests).map(([name, text]) => [name, unitsOf(name, text)])) };
  }
  return last.units;
}
