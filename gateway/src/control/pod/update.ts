/** Changes of a pod that the provider has: UpdatePod for its Manifest, UpdateInputs for what it refers to. */
import type { PodInputs } from "../../domain/inputs.js";
import type { Pod } from "../../domain/kubernetes.js";
import { type ChangeKind, changeKinds, changePath, encodeManifest } from "../../domain/manifest.js";
import { ProviderError, type UpdateOrder } from "../../ports/provider.js";
import { DONE, type Outcome } from "../work-queue.js";
import { deadlineOf } from "./deadline.js";
import type { PodDeps } from "./deps.js";
import { nextInputVersion } from "./input-version.js";
import { digestOf } from "./manifest-cache.js";
import { tellMissing } from "./missing-inputs.js";
import { podEvent } from "./provider-event.js";
import { noteSent, type PodRecord } from "./record.js";
import { takeBackResize } from "./resize.js";
import { noteInputs, resolveInputs } from "./resolve-inputs.js";

const ALL_KINDS: readonly ChangeKind[] = [
  "image",
  "metadata",
  "resources",
  "ephemeral_containers",
  "tolerations",
  "grace",
  "deadline",
];
/** Refusals that no repetition cures: a Warning event, the pod runs on. */
const REFUSALS: ReadonlySet<string> = new Set([
  "UNSUPPORTED_FEATURE",
  "BAD_REQUEST",
  "CAPABILITY",
  "NOT_RUNNING",
  "OUT_OF_CAPACITY",
  "QUOTA",
  "STALE_REVISION",
]);
/** Refusals that tell the user nothing: the pod is ending, or a newer Manifest is in force. */
const SILENT: ReadonlySet<string> = new Set(["NOT_RUNNING", "STALE_REVISION"]);
/** Refusals of a resize that waiting may cure. */
const CAPACITY: ReadonlySet<string> = new Set(["OUT_OF_CAPACITY", "QUOTA"]);
const MISSING_RETRY_MS = 10_000;

/** The two steps. */
export class UpdateSteps {
  readonly #deps: PodDeps;

  constructor(deps: PodDeps) {
    this.#deps = deps;
  }

  /** Puts the API's Manifest in force, as far as the provider can. */
  async update(record: PodRecord, signal: AbortSignal): Promise<Outcome> {
    const { api } = record;
    if (api === undefined) return DONE;
    if (this.#deps.view() === undefined)
      throw new ProviderError("no session: it is not known what the provider can change");
    const changes = this.#changesOf(record, api);
    if (changes.length === 0) {
      record.inputsChangedAt ??= this.#deps.clock.now(); // labels may be files
      return giveUp(record, api);
    }
    const resolved = await resolveInputs(this.#deps, record, api, signal);
    if (resolved.kind === "missing") return { kind: "requeue", afterMs: MISSING_RETRY_MS };
    const order = this.#orderOf(record, api, { inputs: resolved.inputs, changes });
    const taken = await this.#accepted(record, api, () => this.#deps.provider.updatePod(order, signal));
    noteInputs(record, resolved);
    if (taken) {
      record.inputVersion = order.inputVersion;
      noteSent(record, api);
    }
    return giveUp(record, api); // the observation brings the new digest; until then nothing more is sent
  }

  /** Resolves again and sends what differs; without all of it the pod runs on with what it has. */
  async refreshInputs(record: PodRecord, signal: AbortSignal): Promise<Outcome> {
    const { api } = record;
    if (api === undefined) return DONE;
    const resolved = await resolveInputs(this.#deps, record, api, signal);
    if (resolved.kind === "missing") {
      record.refreshAt = this.#deps.clock.now() + tellMissing(this.#deps, record, api, resolved);
      record.inputsDigest ??= "";
      return DONE;
    }
    const { inputs, digest } = resolved;
    if (digest === record.inputsDigest) {
      noteInputs(record, resolved);
      return DONE;
    }
    const version = nextInputVersion(record);
    await this.#accepted(record, api, () => this.#deps.provider.updateInputs(record.uid, inputs, version, signal));
    record.inputVersion = version;
    noteInputs(record, resolved);
    return DONE;
  }

  /** Kinds to put in effect; every declared one where it is not known what differs. */
  #changesOf(record: PodRecord, api: Pod): readonly ChangeKind[] {
    const isDeclared = (kind: ChangeKind) => this.#deps.view()?.info.capabilities.has(`update.${kind}`) === true;
    if (record.sentApi === undefined) return ALL_KINDS.filter(isDeclared);
    const kinds = changeKinds(record.sentApi, api);
    this.#warnOf(
      api,
      kinds.filter((kind) => !isDeclared(kind)),
    );
    return kinds.filter(isDeclared);
  }

  #orderOf(
    record: PodRecord,
    api: Pod,
    what: { readonly inputs: PodInputs; readonly changes: readonly string[] },
  ): UpdateOrder {
    const deadline = deadlineOf(api, record, this.#deps);
    return {
      ...what,
      uid: record.uid,
      specRevision: BigInt(api.metadata.resourceVersion),
      specDigest: digestOf(api),
      manifest: encodeManifest(api),
      inputVersion: nextInputVersion(record),
      ...(deadline === undefined ? {} : { deadline }),
    };
  }

  /** False: the provider refused for good. Rejects when the outcome is unknown. */
  async #accepted(record: PodRecord, api: Pod, send: () => Promise<void>): Promise<boolean> {
    try {
      await send();
      return true;
    } catch (error) {
      if (!(error instanceof ProviderError) || !REFUSALS.has(error.reason ?? "")) throw error;
      const message = `${error.paths.join(", ")} ${error.message}`.trim();
      if (CAPACITY.has(error.reason ?? "") && record.resize?.running !== undefined) {
        takeBackResize(this.#deps, record, api, message);
        return false;
      }
      if (!SILENT.has(error.reason ?? "")) this.#deps.events.record(podEvent(api, "Warning", "UpdateRefused", message));
      this.#deps.logger.debug({ uid: record.uid, reason: error.reason }, "update refused");
      return false;
    }
  }

  #warnOf(api: Pod, kinds: readonly ChangeKind[]): void {
    const name = this.#deps.view()?.info.name ?? "";
    for (const kind of kinds) {
      if (kind === "deadline" || kind === "resources") continue; // the gateway keeps the one, a condition tells of the other
      const message = `${changePath(kind)}: provider ${name} cannot change this in a running pod`;
      this.#deps.events.record(podEvent(api, "Warning", "UpdateUnsupported", message));
    }
  }
}

function giveUp(record: PodRecord, api: Pod): Outcome {
  record.updateGivenUp = digestOf(api);
  return DONE;
}
