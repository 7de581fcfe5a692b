/** Containers and images that behave as they did in the recording. */
import { writeFileSync } from "node:fs";
import { type ContainerSpec, type Harness, RuntimeError, UID } from "./modules.js";
import { deletionOf, type RecordedCase, type RecordedEnd, sinceStart, statusesOf, waitingOf } from "./recorded.js";
import type { Script } from "./script.js";

/** Instances that ended within one second of the recorded clock. */
const SHORTEST_MS = 300;

type Runtime = Parameters<Harness["view"]>[0];

/** The fake runtime knows no users: they are as recorded. */
export function withUsers(runtime: Runtime, { lines }: RecordedCase): Runtime {
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

export function behave(h: Harness, { recorded, script, ends }: Behaviour): void {
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
