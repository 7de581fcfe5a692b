/** Rules over the observations of one pod, whatever call brought them. */
import { isIP } from "node:net";
import { ContainerKind, type ContainerObservation, type PodObservation, PodStage } from "@outboard/contract";
import type { ClauseId } from "../clauses/registry.js";
import type { FailureCode } from "./failure.js";

/** What was seen of a pod in one epoch. */
export interface PodHistory {
  readonly byRevision: Map<bigint, PodObservation>;
  last: PodObservation | undefined;
}

/** Where broken rules are told. */
export interface Reporter {
  report(clause: ClauseId, code: FailureCode, message: string): void;
}

/** Checks one more observation, remembers it, and says which rules it was about. */
export function observationRules(history: PodHistory, pod: PodObservation, to: Reporter): readonly ClauseId[] {
  const seen: ClauseId[] = ["OBS-01", "OBS-02", "OBS-18", ...alone(pod, to)];
  const same = history.byRevision.get(pod.revision);
  if (same !== undefined) {
    if (fingerprint(same) !== fingerprint(pod)) {
      to.report("OBS-02", "changed", `pod ${pod.uid}: revision ${pod.revision} came with two contents`);
    }
    return seen;
  }
  const before = nearest(history, pod.revision, -1);
  const after = nearest(history, pod.revision, 1);
  if (before !== undefined) seen.push(...between(before, pod, to));
  if (after !== undefined) between(pod, after, to);
  history.byRevision.set(pod.revision, pod);
  if (history.last === undefined || pod.revision > history.last.revision) history.last = pod;
  return seen;
}

/** Rules for one observation by itself. */
function alone(pod: PodObservation, to: Reporter): readonly ClauseId[] {
  const where = `pod ${pod.uid}, revision ${pod.revision}`;
  if (pod.revision < 1n) to.report("OBS-02", "wrong-value", `${where}: revisions start at 1`);
  if (pod.observedAt === undefined) to.report("OBS-01", "missing", `${where}: observed_at is missing`);
  if (pod.stage < PodStage.ACCEPTED) to.report("OBS-18", "wrong-value", `${where}: the stage is unspecified`);
  for (const ip of [...pod.podIps, ...pod.hostIps]) {
    if (isIP(ip) === 0) to.report("OBS-11", "wrong-value", `${where}: "${ip}" is no IP address`);
  }
  for (const container of pod.containers) containerAlone(pod, container, `${where}, container ${container.name}`, to);
  const clauses: ClauseId[] = [];
  if (pod.stage === PodStage.ENDED) clauses.push("OBS-08", "OBS-09");
  if (pod.stage <= PodStage.PREPARING) clauses.push("OBS-13");
  if (pod.containers.some(({ state }) => state?.$case === "terminated")) clauses.push("OBS-07");
  return clauses;
}

function containerAlone(pod: PodObservation, container: ContainerObservation, where: string, to: Reporter): void {
  if (container.kind === ContainerKind.UNSPECIFIED) {
    to.report("OBS-18", "wrong-value", `${where}: the kind is unspecified`);
  }
  if (container.willRestart && container.state?.$case !== "terminated") {
    to.report("OBS-08", "wrong-value", `${where}: will_restart is true although it is not terminated`);
  }
  if (pod.stage === PodStage.ENDED) ended(container, where, to);
  if (container.state?.$case === "running") running(pod, container, where, to);
  instanceTimes(container, where, to);
}

function instanceTimes({ state, lastTermination }: ContainerObservation, where: string, to: Reporter): void {
  for (const end of [state?.$case === "terminated" ? state.value : undefined, lastTermination]) {
    if (end?.since !== undefined && end.until !== undefined && end.until < end.since) {
      to.report("OBS-07", "order", `${where}: the end of an instance is before its start`);
    }
  }
}

function running({ stage }: PodObservation, { containerId }: ContainerObservation, where: string, to: Reporter): void {
  if (stage <= PodStage.PREPARING) to.report("OBS-13", "early", `${where}: it runs in a stage before STARTED`);
  if (containerId === "") to.report("OBS-12", "missing", `${where}: it runs without container_id`);
}

function ended({ state, willRestart }: ContainerObservation, where: string, to: Reporter): void {
  if (state?.$case === "running") to.report("OBS-09", "unexpected", `${where}: it runs although the pod has ended`);
  if (willRestart) to.report("OBS-08", "wrong-value", `${where}: it will restart although the pod has ended`);
}

/** Rules for two observations of one pod, the older first. */
function between(older: PodObservation, newer: PodObservation, to: Reporter): readonly ClauseId[] {
  const where = `pod ${newer.uid}, revision ${older.revision} to ${newer.revision}`;
  if (newer.stage < older.stage) to.report("OBS-03", "order", `${where}: the stage went back`);
  if (older.cause !== 0 && newer.cause !== older.cause) to.report("OBS-10", "changed", `${where}: the cause changed`);
  if (older.podIps.length > 0 && older.podIps.join() !== newer.podIps.join()) {
    to.report("OBS-11", "changed", `${where}: the pod's addresses changed`);
  }
  for (const container of newer.containers) {
    const was = older.containers.find(({ name }) => name === container.name);
    if (was !== undefined) containerBetween(was, container, `${where}, container ${container.name}`, to);
  }
  const clauses: ClauseId[] = ["OBS-03", "OBS-05", "OBS-12"];
  if (older.cause !== 0) clauses.push("OBS-10");
  if (older.podIps.length > 0) clauses.push("OBS-11");
  return clauses;
}

function containerBetween(was: ContainerObservation, is: ContainerObservation, where: string, to: Reporter): void {
  if (is.restartCount < was.restartCount) to.report("OBS-05", "order", `${where}: restart_count fell`);
  const isSameInstance = was.state?.$case === "running" && is.state?.$case === "running" && same(was, is);
  if (isSameInstance && was.containerId !== is.containerId) {
    to.report("OBS-12", "changed", `${where}: container_id changed within an instance`);
  }
}

function same(was: ContainerObservation, is: ContainerObservation): boolean {
  const since = ({ state }: ContainerObservation) => (state?.$case === "running" ? state.value.since?.getTime() : 0);
  return was.restartCount === is.restartCount && since(was) === since(is);
}

function nearest(history: PodHistory, revision: bigint, side: 1 | -1): PodObservation | undefined {
  let best: PodObservation | undefined;
  for (const [other, pod] of history.byRevision) {
    const isOnSide = side < 0 ? other < revision : other > revision;
    const isCloser = best === undefined || (side < 0 ? other > best.revision : other < best.revision);
    if (isOnSide && isCloser) best = pod;
  }
  return best;
}

/** Everything but observed_at, as text. */
function fingerprint(observation: PodObservation): string {
  const pod = { ...observation, observedAt: undefined };
  return JSON.stringify(pod, (_key, value: unknown) => {
    if (typeof value === "bigint") return value.toString();
    return value instanceof Map ? [...value.entries()].map(String).toSorted() : value;
  });
}
