/** Makes statuses of what the engine shows, as the gateway would. */
import { isDeepStrictEqual } from "node:util";
import { pointsOf, type Written } from "./judge.js";
import { computeStatus, fromObservation, type Pod, podStatusPatch, type PodStatus } from "./modules.js";
import type { Played } from "./script.js";

/** For one observation: what is left of a pod, its end, and one to see that nothing is missing. */
const MOST_WRITES = 3;

/** Makes statuses of the observations, one by one. */
export class Scribe {
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
