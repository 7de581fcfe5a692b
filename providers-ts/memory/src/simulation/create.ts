/** A new simulated pod, from the order. Pure. */
import { createHash } from "node:crypto";
import type { CreatePodRequest, PriorContainer } from "@outboard/contract";
import {
  type ContainerManifest,
  containersOf,
  graceMsOf,
  type NamedContainer,
  type PodManifest,
} from "@outboard/provider-sdk";
import { readContainerScript, readPodScript } from "./script.js";
import type { Ended, SimContainer, SimPod } from "./state.js";

/** What a new pod's times depend on. */
export interface Pace {
  readonly startMs: number;
  readonly jitterMs: number;
  readonly seed: string;
}

/** Makes the pod. */
export function createSimPod(order: CreatePodRequest, manifest: PodManifest, pace: Pace, now: number): SimPod {
  const script = readPodScript(manifest);
  const roomAt = typeof script.outOfCapacity === "number" ? now + script.outOfCapacity : undefined;
  const jitter = Math.round(pace.jitterMs * chance(`${pace.seed}/${order.uid}`)); // times are whole milliseconds
  const delay = pace.startMs + script.startMs + jitter;
  return {
    uid: order.uid,
    namespace: manifest.metadata.namespace,
    name: manifest.metadata.name,
    ...versionsOf(order),
    restartPolicy: manifest.spec.restartPolicy ?? "Always",
    graceMs: graceMsOf(manifest),
    script,
    stage: "accepted",
    sandbox: "none",
    ...(script.neverStart ? {} : { readyAt: (roomAt ?? now) + delay }),
    ...(roomAt === undefined ? {} : { roomAt }),
    ip: "",
    createdAt: now,
    at: now,
    ...(order.deadline === undefined ? {} : { deadline: order.deadline.getTime() }),
    needsInputs: false,
    containers: containersOf(manifest).map((named) => createContainer(manifest, named, order.prior)),
  };
}

/** The numbers that tell which Manifest and inputs are in force. */
export function versionsOf(
  order: Pick<CreatePodRequest, "specRevision" | "specDigest" | "inputVersion">,
): Pick<SimPod, "specRevision" | "specDigest" | "inputVersion"> {
  return {
    specRevision: String(order.specRevision),
    specDigest: Buffer.from(order.specDigest).toString("hex"),
    inputVersion: String(order.inputVersion),
  };
}

/** A container that has not started. */
export function createContainer(
  manifest: PodManifest,
  { kind, container }: NamedContainer,
  priors: readonly PriorContainer[],
): SimContainer {
  const prior = priors.find(({ name }) => name === container.name);
  const last = prior === undefined ? undefined : lastOf(prior);
  return {
    name: container.name,
    kind,
    image: container.image ?? "",
    ...partsOf(container),
    script: readContainerScript(manifest, container.name, kind === "init"),
    now: { kind: "idle" },
    starts: 0,
    failedStarts: 0,
    priorRestarts: prior?.restartCount ?? 0,
    id: "",
    ...(last === undefined ? {} : { last }),
  };
}

function partsOf(container: ContainerManifest): Pick<SimContainer, "mounts" | "ports" | "restartPolicy"> {
  const { restartPolicy, restartPolicyRules, volumeMounts = [], ports = [] } = container;
  return {
    mounts: volumeMounts.map(({ name, mountPath }) => ({ volume: name, mountPath })),
    ports: ports.map(({ containerPort }) => containerPort),
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    ...(restartPolicyRules === undefined ? {} : { restartPolicyRules }),
  };
}

function lastOf({ lastTermination }: PriorContainer): Ended | undefined {
  if (lastTermination === undefined) return undefined;
  const { exitCode, signal, reason, message, since, until, containerId } = lastTermination;
  return {
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    reason,
    message,
    since: since?.getTime() ?? 0,
    until: until?.getTime() ?? 0,
    id: containerId,
    instance: -1,
  };
}

/** A number from 0 to 1 that depends on nothing but the text. */
function chance(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE(0) / 2 ** 32;
}
