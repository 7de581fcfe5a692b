/** One pod of a check: asked for, waited for, and cleaned up. */
import {
  type ContainerObservation,
  type CreatePodRequest,
  isStatusError,
  type PodObservation,
  PodStage,
  StopReason,
} from "@outboard/contract";
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
    return await this.#t.eventually("start", `container ${name} of ${this.uid} runs`, async () => {
      const pod = await this.get();
      const container = pod.containers.find((each) => each.name === name);
      if (pod.stage === PodStage.ENDED) this.#t.fail("wrong-value", `the pod ended before ${name} ran`);
      return container?.state?.$case === "running" ? pod : undefined;
    });
  }

  /** Waits for the end of the pod. */
  async ended(): Promise<PodObservation> {
    return await this.#t.eventually("end", `pod ${this.uid} ends`, async () => {
      const pod = await this.get();
      return pod.stage === PodStage.ENDED ? pod : undefined;
    });
  }

  /** Waits for something of the observation. */
  async until(what: string, test: (pod: PodObservation) => boolean): Promise<PodObservation> {
    return await this.#t.eventually("start", `${what} of ${this.uid}`, async () => {
      const pod = await this.get();
      return test(pod) ? pod : undefined;
    });
  }

  /** Stops and releases it, whatever its state; true when it is gone. */
  async clean(signal: AbortSignal): Promise<boolean> {
    const { pods } = this.#t.world.clients(() => {});
    const options = this.#t.world.call(signal);
    const until = Date.now() + this.#t.world.limits.of("end");
    await pods.stopPod({ uid: this.uid, graceSeconds: 0, reason: StopReason.USER }, options).catch(() => {});
    for (;;) {
      try {
        await pods.releasePod({ uid: this.uid }, options);
        return true;
      } catch (error) {
        if (!isStatusError(error) || error.reason !== "STILL_RUNNING" || Date.now() > until) return false;
        await this.#t.pause(25);
      }
    }
  }
}
