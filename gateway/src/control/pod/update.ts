/** Changes of a pod that the provider has: UpdatePod for its Manifest, UpdateInputs for what it refers to. */
import type { Pod } from "../../domain/kubernetes.js";
import { type ChangeKind, changeKinds, changePath, encodeManifest } from "../../domain/manifest.js";
import { ProviderError } from "../../ports/provider.js";
import { DONE, type Outcome } from "../work-queue.js";
import { deadlineOf } from "./deadline.js";
import type { PodDeps } from "./deps.js";
import { inputsDigestOf } from "./inputs-digest.js";
import { digestOf } from "./manifest-cache.js";
import { podEvent } from "./provider-event.js";
import type { PodRecord } from "./record.js";
import { resolveInputs } from "./resolve-inputs.js";

const ALL_KINDS: readonly ChangeKind[] = [
  "image",
  "metadata",
  "resources",
  "ephemeral_containers",
  "tolerations",
  "grace",
  "deadline",
];
const MISSING_RETRY_MS = 10_000;

/** The two steps. */
export interface UpdateSteps {
  update(record: PodRecord, signal: AbortSignal): Promise<Outcome>;
  refreshInputs(record: PodRecord, signal: AbortSignal): Promise<Outcome>;
}

/** Creates both steps. */
export function createUpdateSteps(deps: PodDeps): UpdateSteps {
  const { provider, events, clock } = deps;

  async function update(record: PodRecord, signal: AbortSignal): Promise<Outcome> {
    const { api } = record;
    if (api === undefined) return DONE;
    const kinds = record.sentApi === undefined ? ALL_KINDS : changeKinds(record.sentApi, api);
    const changes = kinds.filter((kind) => deps.view()?.info.capabilities.has(`update.${kind}`) === true);
    if (record.sentApi !== undefined)
      warnOfOthers(
        api,
        kinds.filter((kind) => !changes.includes(kind)),
      );
    if (changes.length === 0) return giveUp(record, api);
    const resolved = await resolveInputs(deps, record, api, signal);
    if (resolved.kind === "missing") return { kind: "requeue", afterMs: MISSING_RETRY_MS };
    const deadline = deadlineOf(api, record, deps);
    const order = {
      uid: record.uid,
      specRevision: BigInt(api.metadata.resourceVersion),
      specDigest: digestOf(api),
      manifest: encodeManifest(api),
      inputs: resolved.inputs,
      inputVersion: nextVersion(record),
      changes,
      ...(deadline === undefined ? {} : { deadline }),
    };
    if (!(await accepted(record, api, () => provider.updatePod(order, signal)))) return giveUp(record, api);
    record.inputVersion = order.inputVersion;
    record.sentApi = api;
    return giveUp(record, api); // the observation brings the new digest; until then nothing more is sent
  }

  async function refreshInputs(record: PodRecord, signal: AbortSignal): Promise<Outcome> {
    const { api } = record;
    if (api === undefined) return DONE;
    const before = record.inputsDigest;
    const resolved = await resolveInputs(deps, record, api, signal);
    if (resolved.kind === "missing") {
      record.refreshAt = clock.now() + MISSING_RETRY_MS;
      return DONE;
    }
    if (inputsDigestOf(resolved.inputs) === before) return DONE;
    const version = nextVersion(record);
    await accepted(record, api, () => provider.updateInputs(record.uid, resolved.inputs, version, signal));
    record.inputVersion = version;
    return DONE;
  }

  /** False: the provider refused for good; a Warning event says why, the pod runs on. */
  async function accepted(record: PodRecord, api: Pod, send: () => Promise<void>): Promise<boolean> {
    try {
      await send();
      return true;
    } catch (error) {
      const reason = error instanceof ProviderError ? error.reason : undefined;
      if (!(error instanceof ProviderError) || reason === undefined || !REFUSALS.has(reason)) throw error;
      if (reason !== "NOT_RUNNING")
        events.record(podEvent(api, "Warning", "UpdateRefused", `${error.paths.join(", ")} ${error.message}`.trim()));
      deps.logger.debug({ uid: record.uid, reason }, "update refused");
      return false;
    }
  }

  function warnOfOthers(api: Pod, kinds: readonly ChangeKind[]): void {
    for (const kind of kinds) {
      if (kind === "deadline") continue; // the gateway keeps it
      const name = deps.view()?.info.name ?? "";
      events.record(
        podEvent(
          api,
          "Warning",
          "UpdateUnsupported",
          `${changePath(kind)}: provider ${name} cannot change this in a running pod`,
        ),
      );
    }
  }

  return { update, refreshInputs };
}

const REFUSALS: ReadonlySet<string> = new Set([
  "UNSUPPORTED_FEATURE",
  "BAD_REQUEST",
  "CAPABILITY",
  "NOT_RUNNING",
  "OUT_OF_CAPACITY",
  "QUOTA",
]);

function giveUp(record: PodRecord, api: Pod): Outcome {
  record.updateGivenUp = digestOf(api);
  return DONE;
}

function nextVersion(record: PodRecord): bigint {
  const observed = record.observation?.inputVersion ?? 0n;
  return (observed > record.inputVersion ? observed : record.inputVersion) + 1n;
}
