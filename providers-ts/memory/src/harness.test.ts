/** What the memory provider's tests share: pods, and the provider without a server. */
import { createHash } from "node:crypto";
import { type CreatePodRequest, type PodEvent, PodInputs, PodStage } from "@outboard/contract";
import { ManualClock, type ObservationDraft, parseManifest, type PodProvider, Settings } from "@outboard/provider-sdk";
import { pino } from "pino";
import { buildMemoryProvider } from "./program.js";
import { createSimPod } from "./simulation/create.js";
import { nextDue } from "./simulation/next.js";
import type { SimPod } from "./simulation/state.js";

/** What a test pod is made of; annotations without their prefix. */
export interface PodSketch {
  readonly uid?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** The order for a pod with one container "c". */
export function orderOf(
  { uid = "u", annotations = {}, spec = {} }: PodSketch,
  change: Partial<CreatePodRequest> = {},
): CreatePodRequest {
  const named = Object.entries(annotations).map(([key, value]) => [`memory.outboard.dev/${key}`, value]);
  const metadata = { name: "p", namespace: "ns", uid, annotations: Object.fromEntries(named) as unknown };
  const pod = { apiVersion: "v1", kind: "Pod", metadata, spec: { containers: [{ name: "c", image: "i" }], ...spec } };
  const json = Buffer.from(JSON.stringify(pod));
  return {
    uid,
    specRevision: 1n,
    specDigest: createHash("sha256").update(json).digest(),
    manifest: { json },
    inputs: PodInputs.create(),
    inputVersion: 1n,
    startTime: new Date(0),
    prior: [],
    ...change,
  };
}

/** A simulated pod, at time 0. */
export function simPodOf(sketch: PodSketch): SimPod {
  const order = orderOf(sketch);
  const manifest = parseManifest(order.manifest?.json ?? new Uint8Array(0));
  return createSimPod(order, manifest, { startMs: 0, jitterMs: 0, seed: "1" }, 0);
}

/** The pod as it is at a time, and each state on the way. */
export function runUntil(pod: SimPod, time: number): { readonly pod: SimPod; readonly way: readonly SimPod[] } {
  const way: SimPod[] = [];
  let now = pod;
  for (let due = nextDue(now); due !== undefined && due.at <= time; due = nextDue(now)) {
    now = due.take().pod;
    way.push(now);
  }
  return { pod: now, way };
}

/** A provider that was built from flags and started, with all that it told. */
export interface Bench {
  readonly provider: PodProvider;
  readonly clock: ManualClock;
  readonly observations: ObservationDraft[];
  readonly events: Omit<PodEvent, "seq">[];
  /** The last observation. */
  readonly last: (uid?: string) => ObservationDraft;
}

/** Builds and starts one. */
export async function openBench(
  flags: Readonly<Record<string, string | number | boolean | readonly string[]>> = {},
): Promise<Bench> {
  const clock = new ManualClock(1_000_000);
  const built = buildMemoryProvider(new Settings(new Map(Object.entries(flags))), {
    clock,
    log: pino({ level: "silent" }),
  });
  const observations: ObservationDraft[] = [];
  const events: Omit<PodEvent, "seq">[] = [];
  const host = {
    publish: (observation: ObservationDraft) => void observations.push(observation),
    event: (event: Omit<PodEvent, "seq">) => void events.push(event),
    setInventoryComplete: () => {},
  };
  await built.provider.start(host, { clusterId: "c", nodeName: "n" });
  const last = (uid = "u"): ObservationDraft => {
    const found = observations.findLast((observation) => observation.uid === uid);
    if (found === undefined) throw new Error("nothing was published");
    return found;
  };
  return { provider: built.provider, clock, observations, events, last };
}

/** Stage and container states in short: "STARTED c:running". */
export function brief(observation: ObservationDraft): string {
  const stage = Object.entries(PodStage).find(([, value]) => value === observation.stage)?.[0];
  const states = observation.containers.map(({ name, state }) => {
    if (state?.$case === "waiting") return `${name}:${state.value.reason}`;
    return state?.$case === "terminated" ? `${name}:exit-${state.value.exitCode}` : `${name}:${state?.$case}`;
  });
  return [stage, ...states].join(" ");
}
