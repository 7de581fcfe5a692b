/**
 * What one watch has still to send, bounded by the number of pods: of each pod at most 16 observations, 64 events and one
 * notice of its release. A change of a container's state is never overwritten; everything else is latest-wins.
 */
import type { PodEvent, PodObservation, WatchPodsResponse } from "@outboard/contract";
import { same } from "../same.js";

/** One message of a watch. */
export type WatchMessage = NonNullable<WatchPodsResponse["event"]>;

const MAX_OBSERVATIONS = 16;
const MAX_EVENTS = 64;

/** The queue of one watch. Pods take turns. */
export class Pending {
  readonly #byPod = new Map<string, WatchMessage[]>();

  observation(value: PodObservation): void {
    const queue = this.#queue(value.uid);
    const last = queue.findLastIndex(({ $case }) => $case === "observation" || $case === "podForgotten");
    const message: WatchMessage = { $case: "observation", value };
    const before = queue[last];
    if (before?.$case === "observation" && sameStates(before.value, value)) queue[last] = message;
    else add(queue, message, MAX_OBSERVATIONS);
  }

  event(value: PodEvent): void {
    add(this.#queue(value.uid), { $case: "podEvent", value }, MAX_EVENTS);
  }

  forgotten(uid: string): void {
    add(this.#queue(uid), { $case: "podForgotten", value: { uid } }, 1);
  }

  /** Takes the next message; undefined when there is none. */
  take(): WatchMessage | undefined {
    const first = this.#byPod.entries().next().value;
    if (first === undefined) return undefined;
    const [uid, queue] = first;
    const message = queue.shift();
    this.#byPod.delete(uid);
    if (queue.length > 0) this.#byPod.set(uid, queue);
    return message;
  }

  #queue(uid: string): WatchMessage[] {
    const found = this.#byPod.get(uid);
    if (found !== undefined) return found;
    const queue: WatchMessage[] = [];
    this.#byPod.set(uid, queue);
    return queue;
  }
}

/** Adds a message; beyond `limit` of its kind the oldest of the kind goes. */
function add(queue: WatchMessage[], message: WatchMessage, limit: number): void {
  queue.push(message);
  const ofKind = queue.filter(({ $case }) => $case === message.$case).length;
  if (ofKind <= limit) return;
  queue.splice(
    queue.findIndex(({ $case }) => $case === message.$case),
    1,
  );
}

/** True when no container's state or instance differs. */
function sameStates(a: PodObservation, b: PodObservation): boolean {
  return (
    a.containers.length === b.containers.length &&
    a.containers.every((container, index) => {
      const other = b.containers[index];
      return (
        other !== undefined &&
        container.name === other.name &&
        container.restartCount === other.restartCount &&
        container.containerId === other.containerId &&
        same(container.state, other.state)
      );
    })
  );
}
