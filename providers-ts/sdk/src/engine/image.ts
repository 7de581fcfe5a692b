/** Makes an image present, of a container or of a volume, with the kubelet's events and back-off. */
import type { RegistryCredential } from "@outboard/contract";
import { backOffUntil, nextBackOff } from "./back-off.js";
import { eventTexts } from "./events.js";
import type { Pod } from "./pod.js";
import { type PulledImage, RuntimeError } from "./runtime.js";

/** Waiting reason while the next try to pull is not due. */
export const PULL_BACK_OFF = "ImagePullBackOff";

/** Reasons of a pull that failed: told as such, and tried again with back-off. */
const PULL_ERRORS: readonly string[] = ["ErrImagePull", "RegistryUnavailable", "SignatureValidationFailed"];
const OTHER_IMAGE_ERRORS: readonly string[] = [
  PULL_BACK_OFF,
  "ErrImageNeverPull",
  "InvalidImageName",
  "ImageInspectError",
];

/** True for reasons whose text has been told by an event of its own. */
export function isImageError(reason: string): boolean {
  return PULL_ERRORS.includes(reason) || OTHER_IMAGE_ERRORS.includes(reason);
}

type PullPolicy = "Always" | "IfNotPresent" | "Never";

/** An image and what it is wanted for. */
export interface WantedImage {
  /** Container that its events are about; empty: the pod. */
  readonly container: string;
  readonly image: string;
  /** As the Pod has it. */
  readonly policy: string | undefined;
  readonly credentials: readonly RegistryCredential[];
}

/** Resolves with the image; rejects with a RuntimeError. */
export async function ensureImage(pod: Pod, wanted: WantedImage, signal: AbortSignal): Promise<PulledImage> {
  const { container, image, credentials } = wanted;
  const policy = toPolicy(wanted.policy);
  const isThere = await presence(pod, image, policy);
  if (isThere !== true) checkBackOff(pod, container, image);
  const isAnnounced = isThere === false && policy !== "Never";
  if (isAnnounced) pod.event(container, eventTexts.pulling(image));
  const before = pod.now();
  try {
    const pulled = await pod.context.runtime.ensureImage(image, policy, credentials, signal);
    pod.images.delete(image);
    announce(pod, container, { image, pulled, tookMs: pod.now() - before, isAnnounced });
    return pulled;
  } catch (error) {
    signal.throwIfAborted();
    throw noteFailure(pod, container, image, asRuntimeError(error, "ErrImagePull"));
  }
}

/** True: nothing is to be pulled. False: it is. Undefined: that shows only later. */
async function presence(pod: Pod, image: string, policy: PullPolicy): Promise<boolean | undefined> {
  const { runtime } = pod.context;
  const isAlways = policy === "Always";
  if (runtime.hasImage === undefined) return isAlways ? false : undefined;
  const isThere = await runtime.hasImage(image);
  return isAlways && isThere !== undefined ? false : isThere;
}

function checkBackOff(pod: Pod, container: string, image: string): void {
  const tries = pod.images.get(image);
  if (tries === undefined || imageDue(pod, image) === undefined) return;
  pod.event(container, eventTexts.pullBackOff(image));
  const { reason, message } = tries.error;
  throw new RuntimeError(PULL_BACK_OFF, `Back-off pulling image "${image}": ${reason}: ${message}`);
}

/** When the next try is due; undefined: now. */
function imageDue(pod: Pod, image: string): number | undefined {
  const backOff = pod.images.get(image)?.backOff;
  return backOff === undefined ? undefined : backOffUntil(backOff, backOff.letThroughAt, pod.now());
}

interface Pull {
  readonly image: string;
  readonly pulled: PulledImage;
  readonly tookMs: number;
  readonly isAnnounced: boolean;
}

function announce(pod: Pod, container: string, pull: Pull): void {
  if (!pull.pulled.pulled) {
    pod.event(container, eventTexts.present(pull.image));
    return;
  }
  if (!pull.isAnnounced) pod.event(container, eventTexts.pulling(pull.image));
  pod.event(container, eventTexts.pulled(pull.image, pull.pulled, pull.tookMs));
}

function noteFailure(pod: Pod, container: string, image: string, error: RuntimeError): RuntimeError {
  if (error.reason === "ErrImageNeverPull") {
    pod.event(container, eventTexts.neverPull(error.message));
  } else if (error.reason === "InvalidImageName" || error.reason === "ImageInspectError") {
    pod.event(container, eventTexts.inspectFailed(error.message));
  } else if (error.reason === "ErrImagePull" || error.reason === "RegistryUnavailable") {
    const backOff = nextBackOff(pod.images.get(image)?.backOff, pod.now(), pod.now());
    pod.images.set(image, { backOff, error: { reason: error.reason, message: error.message } });
    pod.event(container, eventTexts.pullFailed(image, error.message));
  }
  return error;
}

/** What a runtime threw, as a RuntimeError. */
export function asRuntimeError(error: unknown, reason: string): RuntimeError {
  if (error instanceof RuntimeError) return error;
  return new RuntimeError(reason, error instanceof Error ? error.message : "unknown error", { cause: error });
}

function toPolicy(text: string | undefined): PullPolicy {
  return text === "Always" || text === "Never" ? text : "IfNotPresent";
}
