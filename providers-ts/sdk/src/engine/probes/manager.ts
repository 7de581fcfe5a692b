/** Runs the probes of all running instances and keeps what they say. */
import type { Clock } from "../../clock/clock.js";
import type { Pod, Probing } from "../pod.js";
import { runningInstance } from "../record.js";
import type { ProbeVerdict } from "../plan-container.js";
import type { ContainerRuntime } from "../runtime.js";
import { InstanceProbes } from "./instance-probes.js";

/** See the head of this file. */
export class ProbeManager implements Probing {
  readonly #runtime: ContainerRuntime;
  readonly #clock: Clock;
  readonly #poke: (uid: string) => void;
  readonly #pods = new Map<string, Map<string, InstanceProbes>>();

  constructor(runtime: ContainerRuntime, clock: Clock, poke: (uid: string) => void) {
    this.#runtime = runtime;
    this.#clock = clock;
    this.#poke = poke;
  }

  verdict(pod: Pod, name: string): ProbeVerdict {
    const probes = this.#pods.get(pod.uid)?.get(name);
    const hasStartup = pod.container(name)?.container.startupProbe !== undefined;
    const current = runningInstance(pod.record, name);
    const started = !hasStartup || current?.health?.started === true;
    const isSame = probes !== undefined && probes.attempt === current?.attempt;
    return isSame && probes.failed !== undefined ? { started, failed: probes.failed } : { started };
  }

  health(pod: Pod, name: string): { readonly started?: boolean; readonly ready?: boolean } {
    const container = pod.container(name)?.container;
    const health = runningInstance(pod.record, name)?.health;
    return {
      ...(container?.startupProbe === undefined ? {} : { started: health?.started === true }),
      ...(container?.readinessProbe === undefined ? {} : { ready: health?.ready === true }),
    };
  }

  follow(pod: Pod): void {
    const probes = this.#pods.get(pod.uid) ?? new Map<string, InstanceProbes>();
    this.#pods.set(pod.uid, probes);
    for (const name of pod.record.containers.keys()) this.#followOne(pod, name, probes);
    if (pod.record.stop === undefined) return;
    for (const instance of probes.values()) instance.keepReadinessOnly();
  }

  #followOne(pod: Pod, name: string, probes: Map<string, InstanceProbes>): void {
    const attempt = runningInstance(pod.record, name)?.attempt;
    const known = probes.get(name);
    if (known?.attempt === attempt) return;
    known?.close();
    probes.delete(name);
    const kind = pod.container(name)?.kind;
    const isProbed = kind === "main" || kind === "sidecar";
    if (isProbed && attempt !== undefined) probes.set(name, this.#open(pod, name, attempt));
  }

  drop(uid: string): void {
    for (const instance of this.#pods.get(uid)?.values() ?? []) instance.close();
    this.#pods.delete(uid);
  }

  #open(pod: Pod, name: string, attempt: number): InstanceProbes {
    const target = { pod, container: name, attempt };
    return new InstanceProbes(this.#runtime, this.#clock, target, () => this.#poke(pod.uid));
  }
}
