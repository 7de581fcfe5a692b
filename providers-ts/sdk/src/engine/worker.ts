/** Runs the passes over one pod, one at a time: when poked, when due, and at its deadline. */
import { describeError } from "../errors.js";
import { enforceDeadline } from "./deadline.js";
import { noteExit } from "./ending.js";
import type { Pod } from "./pod.js";
import { withoutSandbox } from "./reconcile.js";
import type { ContainerExit } from "./runtime.js";
import { hasNothingToDo, type Next, syncPod } from "./sync.js";

const FAILURE_MS = 1000;
/** Ends so close together are told together, as with the kubelet, where nothing else follows from them. */
const TOGETHER_MS = 500;

/** Drives a pod until closed. */
export class Worker {
  readonly pod: Pod;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #isPoked = false;
  #pass: AbortController | undefined;
  #cancelWake = (): void => {};
  #cancelDeadline = (): void => {};
  #cancelTelling: (() => void) | undefined;

  constructor(pod: Pod) {
    this.pod = pod;
  }

  /** Something may have changed. */
  poke(): void {
    this.#isPoked = true;
    this.#armDeadline();
    if (this.#closing.signal.aborted) return;
    this.#running ??= this.#run();
  }

  /** The pod is to be stopped: what is being started is given up. A pass that already ends the pod goes on. */
  interrupt(): void {
    if (!this.pod.isEnding) this.#pass?.abort(new Error("the pod is being stopped"));
    this.poke();
  }

  /** Notes an exit, then looks at the pod. */
  async exited(name: string, attempt: number, exit: ContainerExit): Promise<void> {
    if (!(await noteExit(this.pod, name, attempt, exit))) return;
    if (this.#running !== undefined || !hasNothingToDo(this.pod)) return this.poke();
    this.#cancelTelling ??= this.pod.context.clock.after(TOGETHER_MS, () => this.poke());
  }

  /** The sandbox no longer works. */
  sandboxLost(): void {
    this.pod.commit(withoutSandbox(this.pod.record));
    this.poke();
  }

  /** Resolves when no pass runs and none is wanted. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Ends the loop; the pod stays as it is. */
  async close(): Promise<void> {
    this.#closing.abort(new Error("the provider stops"));
    this.#pass?.abort(this.#closing.signal.reason);
    this.#cancelWake();
    this.#cancelDeadline();
    this.#stopWaiting();
    await this.idle();
  }

  async #run(): Promise<void> {
    await Promise.resolve();
    this.pod.hasNews = false;
    while (this.#isPoked && !this.#closing.signal.aborted) {
      this.#isPoked = false;
      this.#cancelWake();
      this.#stopWaiting();
      const next = await this.#runPass();
      if (next.kind === "now") this.#isPoked = true;
      if (next.kind === "at") this.#wakeAt(next.time);
    }
    this.#running = undefined;
  }

  async #runPass(): Promise<Next> {
    const pass = new AbortController();
    this.#pass = pass;
    enforceDeadline(this.pod);
    try {
      return await syncPod(this.pod, pass.signal);
    } catch (err) {
      if (pass.signal.aborted) return { kind: "now" };
      this.pod.context.logger.error({ err: describeError(err), uid: this.pod.uid }, "pass over pod failed, will retry");
      return { kind: "at", time: this.pod.now() + FAILURE_MS };
    }
  }

  #stopWaiting(): void {
    this.#cancelTelling?.();
    this.#cancelTelling = undefined;
  }

  #wakeAt(time: number): void {
    this.#cancelWake = this.pod.context.clock.after(time - this.pod.now(), () => this.poke());
  }

  #armDeadline(): void {
    this.#cancelDeadline();
    const { deadline, ended, stop } = this.pod.record;
    if (deadline === undefined || ended || stop !== undefined) return;
    const { clock } = this.pod.context;
    this.#cancelDeadline = clock.after(deadline - this.pod.now(), () => {
      enforceDeadline(this.pod);
      this.interrupt();
    });
  }
}
