/** Plays a recorded case on the engine: its containers behave as recorded, and the gateway's rules make statuses of it. */
import {
  computeStatus,
  type ContainerSpec,
  fromEvent,
  fromObservation,
  Harness,
  order,
  podStatusPatch,
  type Pod,
  type PodStatus,
  RuntimeError,
  toEventDraft,
  UID,
} from "./modules.js";
import { writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { pointsOf, type Written } from "./judge.js";
import {
  deletionOf,
  endsOf,
  type RecordedCase,
  type RecordedEnd,
  type RecordedEvent,
  sinceStart,
  statusesOf,
} from "./recorded.js";

const STEP_MS = 500;
const LONGEST_MS = 130_000;
/** For one observation: what is left of a pod, its end, and one to see that nothing is missing. */
const MOST_WRITES = 3;
/** Instances that ended within one second of the recorded clock. */
const SHORTEST_MS = 300;

/** Answer of a command in a container: exit code and output; undefined: it never answers. */
export type Answer = readonly [exitCode: number, output: string] | undefined;

/** A command that is to run in a container. */
export interface Asked {
  readonly container: string;
  readonly ageMs: number;
  readonly hasEnded: boolean;
}

/** What a case needs beside its recording. */
export interface Script {
  /** Commands of probes and hooks. */
  readonly exec?: (asked: Asked) => Answer;
  /** What happens to the pod, and when, milliseconds after its start. */
  readonly steps?: readonly (readonly [afterMs: number, run: (played: Played) => Promise<void>])[];
}

/** A case being played. */
export interface Played {
  readonly harness: Harness;
  pod: Pod;
}

/** What came of it. */
export interface Outcome {
  readonly written: readonly Written[];
  readonly events: readonly RecordedEvent[];
}

/** Plays it to the end of the pod. */
export async function replay(recorded: RecordedCase, script: Script): Promise<Outcome> {
  await using harness = new Harness();
  harness.view = (runtime) => withUsers(runtime, recorded);
  harness.remake();
  await harness.startEngine();
  const ends = endsOf(recorded);
  const deletion = deletionOf(recorded);
  behave(harness, { recorded, script, ends });
  const pod = preparedPod(recorded);
  const played: Played = { harness, pod };
  const scribe = new Scribe(played);
  const due = [...(script.steps ?? [])];
  const before = statesBefore(recorded);
  await harness.engine.createPod(orderFor(pod, recorded));
  await harness.quiet();
  scribe.write();
  let isDeleted = false;
  for (let at = 0; at <= LONGEST_MS && !harness.state.startsWith("ENDED"); at += STEP_MS) {
    for (const [, run] of due.splice(0, due.findLastIndex(([afterMs]) => afterMs <= at) + 1)) await run(played);
    const isReached = due.length === 0 && scribe.shows(before);
    if (deletion !== undefined && !isDeleted && (isReached || at >= deletion.afterMs)) {
      isDeleted = true;
      await remove(played, deletion.graceSeconds, scribe);
    }
    await harness.advance(STEP_MS);
    scribe.write();
  }
  if (!harness.state.startsWith("ENDED")) throw new Error(`the pod has not ended: ${harness.state}`);
  if (!isDeleted) scribe.markDeleted();
  return { written: scribe.written, events: eventsOf(played) };
}

function statesBefore({ lines }: RecordedCase): readonly string[] {
  const live = lines.filter(({ deletionTimestamp }) => deletionTimestamp === undefined);
  return pointsOf(live.map(({ status }) => ({ status, isTerminating: false }))).map(({ key }) => key);
}

async function remove(played: Played, graceSeconds: number, scribe: Scribe): Promise<void> {
  scribe.write();
  scribe.markDeleted();
  await played.harness.stopPod(graceSeconds);
}

/** Makes statuses of the observations, one by one. */
class Scribe {
  readonly written: Written[] = [];
  readonly #played: Played;
  #seen = 0;
  #last: unknown;
  #status: PodStatus = {};
  #isDeleted = false;

  constructor(played: Played) {
    this.#played = played;
    this.written.push({ isTerminating: false, status: { phase: "Pending" } });
    this.#status = { phase: "Pending", qosClass: played.pod.status?.qosClass ?? "BestEffort" };
  }

  write(): void {
    const { observations, clock } = this.#played.harness;
    const news = observations.slice(this.#seen);
    this.#seen = observations.length;
    for (const observation of news) {
      const domain = fromObservation({ ...observation, observedAt: new Date(0), epoch: "e", revision: 1n });
      if (domain === undefined || isDeepStrictEqual(domain, this.#last)) continue;
      this.#last = domain;
      this.#show(domain, clock.now());
    }
  }

  /** Writes until the API has what it should have. */
  #show(observation: NonNullable<ReturnType<typeof fromObservation>>, now: number): void {
    for (let count = 0; count < MOST_WRITES; count++) {
      const pod = this.#pod();
      const status = computeStatus({ pod, observation, hostIPs: ["10.200.0.1"], runtimeName: "containerd", now });
      if (podStatusPatch(this.#status, status) === undefined) return;
      this.#status = status;
      this.written.push({ isTerminating: this.#isDeleted, status });
    }
    throw new Error("the status never comes to rest");
  }

  /** Everything that the kubelet showed before the deletion, and nothing more. */
  shows(states: readonly string[]): boolean {
    return isDeepStrictEqual(
      pointsOf(this.written).map(({ key }) => key),
      states,
    );
  }

  markDeleted(): void {
    this.#isDeleted = true;
    this.written.push({ isTerminating: true, status: this.#status });
  }

  #pod(): Pod {
    const { pod } = this.#played;
    const { generation = 1 } = pod.metadata;
    const deletion = this.#isDeleted ? { deletionTimestamp: "2030-01-01T00:00:00Z", generation: generation + 1 } : {};
    return { ...pod, metadata: { ...pod.metadata, ...deletion }, status: this.#status };
  }
}

function eventsOf({ harness, pod }: Played): readonly RecordedEvent[] {
  return harness.events.map((event) => {
    const { type, reason, message, target } = toEventDraft(fromEvent({ ...event, seq: 1n }), pod);
    const { fieldPath } = target;
    return { type, reason, message, ...(fieldPath === undefined ? {} : { fieldPath }) };
  });
}

/** Probes over the network become commands: what they are answered is the script's. */
function preparedPod({ pod }: RecordedCase): Pod {
  const text = JSON.stringify(pod.spec).replaceAll(
    /"(?:httpGet|tcpSocket|grpc)":\{[^}]*\}/g,
    '"exec":{"command":["probe"]}',
  );
  return { ...pod, metadata: { ...pod.metadata, uid: UID, name: "p" }, spec: JSON.parse(text) as Pod["spec"] };
}

function orderFor(pod: Pod, recorded: RecordedCase): ReturnType<typeof order> {
  const base = order(pod.spec);
  const start = base.startTime?.getTime() ?? 0;
  const seconds = pod.spec.activeDeadlineSeconds;
  const deadline = seconds === undefined ? {} : { deadline: new Date(Date.UTC(2030, 0, 1) + seconds * 1000) };
  return { ...base, ...deadline, startTime: new Date(start), inputs: inputsOf(base, recorded) };
}

function inputsOf(base: ReturnType<typeof order>, recorded: RecordedCase): ReturnType<typeof order>["inputs"] {
  if (base.inputs === undefined) return undefined;
  const containers = base.inputs.containers.map((container) => {
    const error = waitingOf(recorded, container.name, "CreateContainerConfigError");
    return { ...container, ...(error === undefined ? {} : { error }), ...resourcesOf(recorded, container.name) };
  });
  return { ...base.inputs, containers };
}

function resourcesOf(
  { pod }: RecordedCase,
  name: string,
): { readonly resources?: NonNullable<ContainerSpec["resources"]> } {
  const found = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].find(
    (each) => each.name === name,
  )?.resources;
  if (found?.requests === undefined && found?.limits === undefined) return {};
  const toMap = (list: unknown): Map<string, string> => new Map(Object.entries((list ?? {}) as Record<string, string>));
  return { resources: { requests: toMap(found.requests), limits: toMap(found.limits) } };
}

interface Waiting {
  readonly reason: string;
  readonly message: string;
}

/** What a container was first recorded to wait for, with this reason. */
export function waitingOf(recorded: RecordedCase, name: string, reason: string): Waiting | undefined {
  for (const { status } of recorded.lines) {
    const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status;
    const all = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
    const waiting = all.find((each) => each.name === name)?.state?.waiting;
    if (waiting?.reason === reason) return { reason, message: waiting.message ?? "" };
  }
  return undefined;
}

type Runtime = Parameters<Harness["view"]>[0];

/** The fake runtime knows no users: they are as recorded. */
function withUsers(runtime: Runtime, { lines }: RecordedCase): Runtime {
  const users = new Map(
    lines.flatMap(({ status }) => statusesOf(status).map(({ name, user }) => [name, user?.linux] as const)),
  );
  return new Proxy(runtime, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key);
      if (key === "startContainer") {
        return async (spec: ContainerSpec) => {
          const started = await target.startContainer(spec);
          const user = users.get(spec.name);
          return user === undefined ? started : { ...started, user: { supplementalGroups: [], ...user } };
        };
      }
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

interface Behaviour {
  readonly recorded: RecordedCase;
  readonly script: Script;
  readonly ends: readonly RecordedEnd[];
}

function behave(h: Harness, { recorded, script, ends }: Behaviour): void {
  const startedAt = new Map<string, number>();
  removeImages(h, recorded);
  h.runtime.onImage = (image) => failImage(recorded, image);
  h.runtime.onSandbox = () => failSandbox(recorded);
  h.runtime.onStart = (spec) => {
    const end = ends.find(({ container, attempt }) => container === spec.name && attempt === spec.attempt);
    if (end?.reason === "StartError") throw new RuntimeError("RunContainerError", end.message ?? "", { id: "broken" });
    startedAt.set(spec.name, h.clock.now());
    if (end !== undefined) arrange(h, { recorded, script, ends }, spec, end);
  };
  h.runtime.onExec = async (container, _command, io) => {
    const ageMs = h.clock.now() - (startedAt.get(container) ?? 0);
    const asked = { container, ageMs, hasEnded: hasEnded(h, container) };
    const answer = script.exec === undefined ? ([0, ""] as const) : script.exec(asked);
    if (answer === undefined) return await new Promise(() => {});
    await io.stdout(Buffer.from(answer[1]));
    return { exitCode: answer[0] };
  };
}

function hasEnded(h: Harness, name: string): boolean {
  const instances = h.runtime.pods.get(UID)?.containers ?? [];
  return instances.findLast(({ spec }) => spec.name === name)?.exit !== undefined;
}

/** Images that the recording shows to be pulled, or tried, are not there beforehand. */
function removeImages(h: Harness, { events }: RecordedCase): void {
  for (const { reason, message } of events) {
    const image = /^Pulling image "(.*)"$/.exec(message)?.[1];
    if (reason !== "Pulling" || image === undefined) continue;
    h.runtime.images.set(image, { imageId: `sha256:${image}`, pulled: true, sizeBytes: 1 });
  }
}

/** An instance ends by itself, or does as recorded when it is asked to. */
function arrange(h: Harness, { recorded }: Behaviour, spec: ContainerSpec, end: RecordedEnd): void {
  const deletedAt = deletionOf(recorded)?.afterMs;
  const finishedAt = sinceStart(recorded, end.finishedAt);
  const { exitCode, reason } = end;
  if (isAsked(recorded, spec.name, end)) {
    const afterMs = deletedAt === undefined ? 0 : Math.max(0, finishedAt - deletedAt);
    h.runtime.stopBehaviour.set(spec.name, exitCode === 137 ? { isDeaf: true } : { afterMs, exitCode });
    return;
  }
  const lasts = Math.max(SHORTEST_MS, finishedAt - sinceStart(recorded, end.startedAt));
  const shown = reason === "OOMKilled" ? { exitCode, reason } : { exitCode };
  h.clock.after(lasts, () => {
    writeFileSync(spec.terminationMessageFile, end.message ?? "");
    h.runtime.exit(UID, spec.name, spec.attempt, shown);
  });
}

/** The kubelet asked this instance to end: after the deletion, or because of a probe, a hook or an eviction. */
function isAsked(recorded: RecordedCase, name: string, end: RecordedEnd): boolean {
  const { events, lines } = recorded;
  const deletion = deletionOf(recorded);
  const kills = events.filter(({ reason, fieldPath }) => reason === "Killing" && fieldPath?.endsWith(`{${name}}`));
  const isForced = kills.some(({ message }) => message.includes("failed") || message === "FailedPostStartHook");
  const isEvicted = lines.at(-1)?.status.reason === "Evicted";
  if (deletion === undefined || isForced || isEvicted) return kills.length > 0;
  return kills.length > 0 && sinceStart(recorded, end.finishedAt) >= deletion.afterMs;
}

function failImage(recorded: RecordedCase, image: string): void {
  const all = [...(recorded.pod.spec.initContainers ?? []), ...recorded.pod.spec.containers];
  const name = all.find((container) => container.image === image)?.name;
  for (const reason of ["ErrImagePull", "ErrImageNeverPull", "InvalidImageName"]) {
    const waiting = name === undefined ? undefined : waitingOf(recorded, name, reason);
    if (waiting !== undefined) throw new RuntimeError(reason, waiting.message);
  }
  if (image.includes("/none/")) throw new RuntimeError("ErrImagePull", ephemeralFailure(recorded));
}

function ephemeralFailure({ events }: RecordedCase): string {
  const text = events.find(({ message }) => message.startsWith("Failed to pull image"))?.message ?? "";
  return text.replace(/^Failed to pull image "[^"]*": /, "");
}

function failSandbox({ events }: RecordedCase): void {
  const failed = events.find(({ reason }) => reason === "FailedCreatePodSandBox");
  if (failed !== undefined) throw new Error(failed.message.replace("Failed to create pod sandbox: ", ""));
}
