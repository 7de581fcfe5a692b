/**
 * Writes of one pod. The UID goes along with every write, so that a new pod of the same name is never touched; "gone" is said
 * only after a live read has confirmed it.
 */
import type { Pod, PodStatus } from "../domain/kubernetes.js";
import { type Urgency, urgencyOf } from "../domain/status-progress.js";
import type { PatchStatus, PodResult, PodWriter } from "../ports/pods.js";
import type { Echoes } from "./echoes.js";
import { hasStatus } from "./errors.js";
import { type KubeHttp, STRATEGIC_MERGE } from "./http.js";
import { Priority, type PriorityClass } from "./limiter.js";
import { namespacedPath } from "./paths.js";
import { withoutManagedFields } from "./watch-line.js";

/** Body of a strategic merge patch of pods/status, without the UID, which is added here; undefined: nothing differs. */
export type StatusDiff = (from: PodStatus, to: PodStatus) => { readonly status: object } | undefined;

export interface ApiPodWriterOptions {
  readonly http: KubeHttp;
  readonly statusDiff: StatusDiff;
  /** Told each resourceVersion that a write returned. */
  readonly echoes?: Echoes;
}

interface StatusWrite {
  readonly from: PodStatus;
  readonly to: PodStatus;
  readonly priority: PriorityClass;
  readonly hasTurn?: boolean;
}

export class ApiPodWriter implements PodWriter {
  readonly #http: KubeHttp;
  readonly #statusDiff: StatusDiff;
  readonly #echoes: Echoes | undefined;

  constructor(options: ApiPodWriterOptions) {
    this.#http = options.http;
    this.#statusDiff = options.statusDiff;
    this.#echoes = options.echoes;
  }

  async get(pod: Pod, signal: AbortSignal): Promise<PodResult> {
    const found = await this.#find(pod, signal);
    return found?.metadata.uid === pod.metadata.uid
      ? { kind: "ok", pod: withoutManagedFields(found) }
      : { kind: "gone" };
  }

  async patchStatus(pod: Pod, from: PodStatus, to: PodStatus, signal: AbortSignal): Promise<PodResult> {
    return this.#patch(pod, { from, to, priority: PRIORITIES[urgencyOf(pod, from, to)] }, signal);
  }

  /** A busy API server ends the turn: what is written then is made anew. */
  reserve(urgency: Urgency, signal: AbortSignal): PatchStatus | Promise<PatchStatus> {
    const priority = PRIORITIES[urgency];
    const patch: PatchStatus = (now, before, after, stop) =>
      this.#patch(now, { from: before, to: after, priority, hasTurn: true }, stop);
    return this.#http.takeTurn(priority) ? patch : this.#http.turn(priority, signal).then(() => patch);
  }

  async #patch(pod: Pod, { from, to, ...turn }: StatusWrite, signal: AbortSignal): Promise<PodResult> {
    const patch = this.#statusDiff(from, to);
    if (patch === undefined) {
      return { kind: "ok", pod };
    }
    try {
      const written = await this.#http.json<Pod>(
        {
          method: "PATCH",
          path: podPath(pod, "status"),
          contentType: STRATEGIC_MERGE,
          body: { metadata: { uid: pod.metadata.uid }, ...patch },
          ...turn,
        },
        signal,
      );
      this.#echoes?.note(written.metadata.resourceVersion);
      return { kind: "ok", pod: withoutManagedFields(written) };
    } catch (error) {
      return this.#goneOr(error, pod, signal);
    }
  }

  async delete(pod: Pod, signal: AbortSignal): Promise<void> {
    const body = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      gracePeriodSeconds: 0,
      preconditions: { uid: pod.metadata.uid },
    };
    try {
      const request = { method: "DELETE", path: podPath(pod), body, priority: Priority.terminal } as const;
      await this.#http.write(request, signal);
    } catch (error) {
      await this.#goneOr(error, pod, signal);
    }
  }

  /**
   * The Node authorizer answers 403 both for a pod that is gone and for one bound so recently that it has not noticed. A list of
   * this node's pods with that name is allowed, and certain.
   */
  async #find(pod: Pod, signal: AbortSignal): Promise<Pod | undefined> {
    try {
      return await this.#http.find<Pod>({ method: "GET", path: podPath(pod), priority: Priority.status }, signal);
    } catch (error) {
      if (!hasStatus(error, 403) || pod.spec.nodeName === undefined) {
        throw error;
      }
      const fieldSelector = `spec.nodeName=${pod.spec.nodeName},metadata.name=${pod.metadata.name}`;
      const path = `${namespacedPath(pod.metadata.namespace, "pods")}?${new URLSearchParams({ fieldSelector }).toString()}`;
      const list = await this.#http.json<PodList>({ method: "GET", path, priority: Priority.status }, signal);
      const [found] = list.items ?? [];
      return found === undefined ? undefined : { kind: "Pod", apiVersion: "v1", ...found };
    }
  }

  /** Not found, not ours, or refused because of the UID: asks again. Whatever else it was is thrown. */
  async #goneOr(error: unknown, pod: Pod, signal: AbortSignal): Promise<PodResult> {
    if (!hasStatus(error, 403, 404, 409, 422)) {
      throw error;
    }
    const now = await this.get(pod, signal);
    if (now.kind === "gone") {
      return now;
    }
    throw error;
  }
}

interface PodList {
  readonly items?: readonly Pod[];
}

function podPath(pod: Pod, ...rest: readonly string[]): string {
  return namespacedPath(pod.metadata.namespace, "pods", pod.metadata.name, ...rest);
}

const PRIORITIES = { end: Priority.terminal, progress: Priority.status, seen: Priority.seen } as const;
