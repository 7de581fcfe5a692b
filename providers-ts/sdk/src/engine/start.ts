/** Starts one container: image, values, mounts, the instance, its postStart hook. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { logPathOf, messageFileOf, noteExit } from "./ending.js";
import { eventTexts } from "./events.js";
import { asRuntimeError, ensureImage, isImageError, type WantedImage } from "./image.js";
import { type PresentImage, pullVolumeImages, type VolumeImages, volumeImagesOf } from "./image-volumes.js";
import { LostHook } from "./hooks.js";
import { killContainer } from "./kill-container.js";
import { type ContainerManifest, isMounted, type NamedContainer } from "./manifest.js";
import { containerMounts } from "./mounts.js";
import type { Pod } from "./pod.js";
import {
  containerRecord,
  type Instance,
  nextAttempt,
  runningInstance,
  withInstance,
  withInstanceFields,
} from "./record.js";
import { type ContainerSpec, type PulledImage, RuntimeError, type StartedContainer } from "./runtime.js";
import { unexpanded } from "./unexpanded.js";
import { CONFIG_ERROR, type ResolvedValues, resolveValues } from "./values.js";
import { checkHostPaths, type PlacedVolume, placeVolume } from "./volumes.js";

/** Reason of a container whose postStart hook failed. */
export const POST_START_ERROR = "PostStartHookError";

/** How a start went. */
export type StartResult =
  | { readonly kind: "started" }
  /** Nothing of it is left; the next try uses the same attempt. */
  | { readonly kind: "failed"; readonly error: RuntimeError }
  /** An instance was made and could not run. */
  | { readonly kind: "broken"; readonly error: RuntimeError };

/** Starts the next instance of a container; rejects only when the signal is aborted. */
export async function startContainer(pod: Pod, named: NamedContainer, signal: AbortSignal): Promise<StartResult> {
  const { container } = named;
  const attempt = nextAttempt(containerRecord(pod.record, container.name));
  try {
    await pullVolumeImages(pod, signal);
    const volumeImages = volumeImagesOf(pod, container);
    const image = await ensureImage(pod, wantedBy(pod, container), signal);
    const spec = await prepare(pod, named, { attempt, volumeImages });
    signal.throwIfAborted();
    await launch(pod, named, spec, image);
    await runPostStart(pod, named, attempt, signal);
    return { kind: "started" };
  } catch (error) {
    signal.throwIfAborted();
    const failure = asRuntimeError(error, "CreateContainerError");
    // A failed hook has told its own events.
    if (failure.reason !== POST_START_ERROR) pod.event(container.name, eventTexts.failed(eventError(failure)));
    const isBroken = containerRecord(pod.record, container.name).current?.attempt === attempt;
    return { kind: isBroken ? "broken" : "failed", error: failure };
  }
}

/** Errors of images are told by their reason alone; another event has the text. */
function eventError(error: RuntimeError): string {
  return isImageError(error.reason) ? error.reason : error.message;
}

function wantedBy(pod: Pod, { name, image = "", imagePullPolicy }: ContainerManifest): WantedImage {
  const credentials = pod.containerInputs(name)?.registryCredentials ?? [];
  return { container: name, image, policy: imagePullPolicy, credentials };
}

interface Start {
  readonly attempt: number;
  readonly volumeImages: VolumeImages;
}

async function prepare(pod: Pod, named: NamedContainer, { attempt, volumeImages }: Start): Promise<ContainerSpec> {
  const inputs = pod.containerInputs(named.container.name);
  if (inputs === undefined) throw new RuntimeError(CONFIG_ERROR, "the pod's inputs do not name this container");
  if (inputs.error !== undefined) throw new RuntimeError(inputs.error.reason, inputs.error.message);
  const volumeOf = (name: string): PlacedVolume | undefined => volumeNamed(pod, name);
  const { hostIPs } = pod.record.sandbox;
  // A pod of the host's network has the host's addresses.
  const podIPs = pod.manifest?.spec.hostNetwork === true ? hostIPs : pod.record.sandbox.podIPs;
  const values = await resolveValues(inputs, { podIPs, hostIPs, volumeFolder: (name) => mountedFolder(pod, name) });
  const sourceOf = (name: string): PlacedVolume | PresentImage | undefined => volumeImages.get(name) ?? volumeOf(name);
  if (named.kind === "ephemeral") await makeHostPaths(pod, named.container);
  const mounts = await containerMounts(named.container, values.subPaths, sourceOf);
  await makeFiles(pod, named.container.name, attempt);
  return {
    ...toSpec(pod, named, attempt, values),
    mounts,
    ...(inputs.resources ? { resources: inputs.resources } : {}),
  };
}

/** The others' were made before the sandbox. */
async function makeHostPaths({ manifest }: Pod, { volumeMounts = [] }: ContainerManifest): Promise<void> {
  if (manifest === undefined) return;
  try {
    await checkHostPaths(manifest, (volume) => volumeMounts.some(({ name }) => name === volume));
  } catch (error) {
    throw asRuntimeError(error, CONFIG_ERROR);
  }
}

/** Of a volume that no container mounts there is none. */
function mountedFolder(pod: Pod, name: string): string | undefined {
  return pod.manifest !== undefined && isMounted(pod.manifest, name) ? volumeNamed(pod, name)?.folder : undefined;
}

function volumeNamed(pod: Pod, name: string): PlacedVolume | undefined {
  const volume = pod.manifest?.spec.volumes?.find((candidate) => candidate.name === name);
  return volume === undefined ? undefined : placeVolume(pod.volumeHome, volume, pod.inputs?.volumes ?? []);
}

async function makeFiles(pod: Pod, name: string, attempt: number): Promise<void> {
  const messageFile = messageFileOf(pod.folder, name, attempt);
  await mkdir(dirname(messageFile), { recursive: true, mode: 0o700 });
  await writeFile(messageFile, "");
  // The container's user writes it, whoever that is.
  await chmod(messageFile, 0o666);
  await mkdir(dirname(logPathOf(pod.folder, name, attempt)), { recursive: true, mode: 0o700 });
}

function toSpec(
  pod: Pod,
  { kind, container }: NamedContainer,
  attempt: number,
  values: ResolvedValues,
): Omit<ContainerSpec, "mounts"> {
  return {
    uid: pod.uid,
    sandboxId: pod.record.sandbox.id,
    name: container.name,
    kind,
    attempt,
    image: container.image ?? "",
    command: values.command,
    args: values.args,
    env: values.env,
    workingDir: container.workingDir ?? "",
    logPath: logPathOf(pod.folder, container.name, attempt),
    stopSignal: (container.lifecycle?.stopSignal ?? "").replace(/^SIG/, ""),
    terminationMessageFile: messageFileOf(pod.folder, container.name, attempt),
    terminationMessagePath: container.terminationMessagePath ?? "/dev/termination-log",
    tty: container.tty === true,
    stdin: container.stdin === true,
    stdinOnce: container.stdinOnce === true,
    securityContext: effectiveSecurity(pod.manifest?.spec.securityContext, container),
    manifest: rawContainer(pod.manifestJson, kind, container),
  };
}

/** Fields of the pod's securityContext that a container takes over where it does not set them itself. */
const INHERITED = ["runAsUser", "runAsGroup", "runAsNonRoot", "seLinuxOptions", "seccompProfile", "appArmorProfile"];
const POD_ONLY = ["supplementalGroups", "supplementalGroupsPolicy", "fsGroup", "sysctls"];

function effectiveSecurity(
  podContext: Readonly<Record<string, unknown>> | undefined,
  container: ContainerManifest,
): Readonly<Record<string, unknown>> {
  const inherited = Object.entries(podContext ?? {}).filter(([key]) => [...INHERITED, ...POD_ONLY].includes(key));
  return { ...Object.fromEntries(inherited), ...container.securityContext };
}

function rawContainer(json: unknown, kind: NamedContainer["kind"], container: ContainerManifest): unknown {
  const spec = (json as { spec?: Record<string, readonly ContainerManifest[] | undefined> } | undefined)?.spec;
  const list = kind === "main" ? "containers" : kind === "ephemeral" ? "ephemeralContainers" : "initContainers";
  return spec?.[list]?.find((candidate) => candidate.name === container.name) ?? container;
}

async function launch(pod: Pod, named: NamedContainer, spec: ContainerSpec, image: PulledImage): Promise<void> {
  pod.earlyExits.delete(`${spec.name}/${spec.attempt}`);
  try {
    const started = await pod.context.runtime.startContainer(spec);
    pod.event(spec.name, eventTexts.created());
    pod.event(spec.name, eventTexts.started());
    noteInstance(pod, named, {
      ...runningOf(started),
      attempt: spec.attempt,
      specImage: spec.image,
      asked: spec.resources,
      round: pod.record.round,
    });
  } catch (error) {
    const failure = withoutValues(asRuntimeError(error, "CreateContainerError"), spec, named.container);
    if (failure.reason === "RunContainerError") noteBroken(pod, named, { spec, failure, image });
    throw failure;
  }
  await takeEarlyExit(pod, spec.name, spec.attempt);
}

/** The same failure, with the command line as the manifest has it. */
function withoutValues(failure: RuntimeError, spec: ContainerSpec, container: ContainerManifest): RuntimeError {
  const message = unexpanded(failure.message, spec, container);
  return message === failure.message ? failure : new RuntimeError(failure.reason, message, failure);
}

function runningOf(started: StartedContainer): Omit<Instance, "attempt" | "specImage" | "round"> {
  const { id, startedAt, image, imageId, user, mounts, resources } = started;
  return { id, startedAt, image, imageId, user, mounts, resources };
}

function noteInstance(pod: Pod, { kind, container }: NamedContainer, instance: Instance): void {
  pod.waiting.delete(container.name);
  pod.commit(withInstance(pod.record, container.name, kind, instance));
}

/** As the kubelet shows a command that is not there: an instance that ended with 128 before it ran. */
function noteBroken(
  pod: Pod,
  named: NamedContainer,
  broken: { readonly spec: ContainerSpec; readonly failure: RuntimeError; readonly image: PulledImage },
): void {
  const { spec, failure, image } = broken;
  pod.event(spec.name, eventTexts.created());
  noteInstance(pod, named, {
    attempt: spec.attempt,
    round: pod.record.round,
    id: failure.id,
    specImage: spec.image,
    image: spec.image,
    imageId: image.imageId,
    user: failure.user,
    ending: { exitCode: 128, reason: "StartError", message: failure.message, finishedAt: pod.now() },
  });
}

async function takeEarlyExit(pod: Pod, name: string, attempt: number): Promise<void> {
  const key = `${name}/${attempt}`;
  const exit = pod.earlyExits.get(key);
  pod.earlyExits.delete(key);
  if (exit !== undefined) await noteExit(pod, name, attempt, exit);
}

async function endAfterHook(pod: Pod, name: string, signal: AbortSignal): Promise<void> {
  const instance = runningInstance(pod.record, name);
  if (instance === undefined) return;
  const endAt = pod.now() + (pod.manifest?.spec.terminationGracePeriodSeconds ?? 30) * 1000;
  await killContainer(pod, { name, instance, endAt: (record) => Math.min(endAt, record.stop?.endAt ?? endAt) }, signal);
}

async function runPostStart(pod: Pod, named: NamedContainer, attempt: number, signal: AbortSignal): Promise<void> {
  const { container } = named;
  const hook = container.lifecycle?.postStart;
  if (hook === undefined) return;
  try {
    await pod.context.hooks.run(pod, container.name, hook, signal);
  } catch (error) {
    signal.throwIfAborted();
    // As after a restart of the provider meanwhile: nothing says that the container is bad.
    if (error instanceof LostHook) return;
    pod.event(container.name, eventTexts.postStartFailed());
    pod.event(container.name, eventTexts.killing("FailedPostStartHook"));
    await endAfterHook(pod, container.name, signal);
    throw new RuntimeError(POST_START_ERROR, error instanceof Error ? error.message : "", { cause: error });
  }
  pod.commit(withInstanceFields(pod.record, container.name, attempt, { hooked: true }));
}
