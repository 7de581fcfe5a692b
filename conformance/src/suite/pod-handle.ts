/** One pod of a check: asked for, waited for, and cleaned up. */
import {
  type ContainerObservation,
  type CreatePodRequest,
  type PodObservation,
  PodStage,
  StopReason,
} from "@outboard/contract";
import type { LimitName } from "./limits.js";
import { briefOf } from "./brief.js";
import { removePod } from "./removal.js";
import type { Trial } from "./trial.js";

/** A pod that a check made. */
export class PodHandle {
  readonly order: CreatePodRequest;
  readonly #t: Trial;

  constructor(t: Trial, order: CreatePodRequest) {
    this.#t = t;
    this.order = order;
  }

  get uid(): string {
    return this.order.uid;
  }

  /** Sends CreatePod, as it is or changed; gives the backend's id. */
  async create(change: Partial<CreatePodRequest> = {}): Promise<string> {
    const answer = await this.#t.calls.pods.createPod({ ...this.order, ...change }, this.#t.options);
    return answer.backendId;
  }

  async get(): Promise<PodObservation> {
    const { pod } = await this.#t.calls.pods.getPod({ uid: this.uid }, this.#t.options);
    return this.#t.present(pod, `GetPod of ${this.uid} answered without a pod`);
  }

  /** One container of the latest observation. */
  async container(name = "main"): Promise<ContainerObservation> {
    return this.#t.containerOf(await this.get(), name);
  }

  async stop(graceSeconds = 0, reason: StopReason = StopReason.USER): Promise<void> {
    await this.#t.calls.pods.stopPod({ uid: this.uid, graceSeconds, reason }, this.#t.options);
  }

  async release(): Promise<void> {
    await this.#t.calls.pods.releasePod({ uid: this.uid }, this.#t.options);
  }

  /** Waits until a container runs. */
  async running(name = "main"): Promise<PodObservation> {
    return await this.#wait("start", `container ${name} of ${this.uid} runs`, (pod) => {
      const container = pod.containers.find((each) => each.name === name);
      if (pod.stage === PodStage.ENDED) this.#t.fail("wrong-value", `the pod ended before ${name} ran`);
      return container?.state?.$case === "running";
    });
  }

  /** Waits for the end of the pod. */
  async ended(): Promise<PodObservation> {
    return await this.#wait("end", `pod ${this.uid} ends`, ({ stage }) => stage === PodStage.ENDED);
  }

  /** Waits for something of the observation. */
  async until(what: string, test: (pod: PodObservation) => boolean): Promise<PodObservation> {
    return await this.#wait("start", `${what} of ${this.uid}`, test);
  }

  /** Stops and releases it, whatever its state. Undefined when it is gone, else why it is not. */
  async clean(signal: AbortSignal): Promise<string | undefined> {
    return await removePod(this.#t.world, { uid: this.uid, isPatient: false }, signal);
  }

  async #wait(limit: LimitName, what: string, test: (pod: PodObservation) => boolean): Promise<PodObservation> {
    let last: PodObservation | undefined;
    const read = async (): Promise<PodObservation | undefined> => {
      last = await this.get();
      return test(last) ? last : undefined;
    };
    return await this.#t.eventually(limit, what, read, () => (last === undefined ? "" : `; it is ${briefOf(last)}`));
  }
}
