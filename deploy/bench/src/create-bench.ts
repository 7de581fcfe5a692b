// The run: warm-up, a burst of pods until all are Running, a while with nothing to do, all deleted until they are gone.

import { cpus, loadavg } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import type { Figures, MemoryFigures, PhaseFigures, ProgramName } from "./figures.js";
import { createPods, deletePods, PODS_PATH, podNames } from "./load.js";
import type { BenchOptions } from "./options.js";
import { measurePhase, untilQuiet } from "./phase.js";
import { type PodTimes, type PodWatch, watchPods } from "./pod-watch.js";
import { readUsage } from "./process-usage.js";
import { type Rig, startRig, waitFor } from "./rig.js";

export interface RunContext {
  /** Progress, one line each. */
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Besides, each pod gets this long. */
const BASE_TIMEOUT_MS = 60_000;
const TIMEOUT_MS_PER_POD = 500;

/** Runs on a control plane of its own; nothing is left behind. */
export async function runCreateBench(options: BenchOptions, context: RunContext): Promise<Figures> {
  const { report, signal } = context;
  const loadBefore = loadavg()[0] ?? 0;
  report("starting a control plane, the memory provider and a gateway");
  const { cpuProf } = options;
  await using rig = await startRig({ report, signal, ...(cpuProf === undefined ? {} : { cpuProf }) });
  const atStart = residentOf(rig);
  await warmUp(rig, options, context);
  const [create, idle, withPods, remove] = await measuredRun(rig, options, context);
  const memoryMiB = memoryOf(rig, atStart, withPods);
  await rig.stopPrograms();
  return {
    pods: options.pods,
    phases: [create, idle, remove],
    memoryMiB,
    machine: {
      cpus: cpus().length,
      cpuModel: cpus()[0]?.model ?? "unknown",
      node: process.version,
      kubernetes: rig.cluster.version,
      load: [loadBefore, loadavg()[0] ?? 0],
    },
  };
}

async function warmUp(rig: Rig, { warmUpPods }: BenchOptions, { report, signal }: RunContext): Promise<void> {
  if (warmUpPods === 0) return;
  report(`warming up with ${warmUpPods} pods`);
  const names = podNames("warm-up", warmUpPods);
  await using watch = await watchPods(rig.api, PODS_PATH);
  await createPods(rig.api, names, signal);
  await reached(rig, watch, { point: "running", count: warmUpPods, signal });
  await deletePods(rig.api, names, signal);
  await reached(rig, watch, { point: "gone", count: warmUpPods, signal });
  await untilQuiet(rig, signal);
}

type Measured = readonly [create: PhaseFigures, idle: PhaseFigures, withPods: Resident, remove: PhaseFigures];

async function measuredRun(rig: Rig, options: BenchOptions, { report, signal }: RunContext): Promise<Measured> {
  const { pods: count, idleSeconds } = options;
  const names = podNames("pod", count);
  await using watch = await watchPods(rig.api, PODS_PATH);

  report(`creating ${count} pods`);
  const creating = async (): Promise<{ podMs: number[] }> => {
    await createPods(rig.api, names, signal);
    await reached(rig, watch, { point: "running", count, signal });
    return { podMs: watch.spans("added", "running") };
  };
  const create = await measurePhase(rig, "create", creating, signal);

  report(`all ${count} Running; looking at the idle node for ${idleSeconds} s`);
  const idling = async (): Promise<{ podMs: number[] }> => wait(idleSeconds * 1000, { podMs: [] }, { signal });
  const idle = await measurePhase(rig, "idle", idling, signal);
  const withPods = residentOf(rig);

  report(`deleting ${count} pods`);
  const deleting = async (): Promise<{ podMs: number[] }> => {
    await deletePods(rig.api, names, signal);
    await reached(rig, watch, { point: "gone", count, signal });
    return { podMs: watch.spans("deleting", "gone") };
  };
  return [create, idle, withPods, await measurePhase(rig, "delete", deleting, signal)];
}

interface Goal {
  readonly point: keyof PodTimes;
  readonly count: number;
  readonly signal: AbortSignal;
}

async function reached(rig: Rig, watch: PodWatch, { point, count, signal }: Goal): Promise<void> {
  const message = `${count} pods ${point}`;
  const timeoutMs = BASE_TIMEOUT_MS + count * TIMEOUT_MS_PER_POD;
  await waitFor(
    () => rig.check(),
    () => watch.count(point) >= count,
    { message, timeoutMs, signal },
  );
}

type Resident = Readonly<Record<ProgramName, number>>;

function residentOf({ gateway, provider }: Rig): Resident {
  return { gateway: readUsage(gateway.pid).rssMiB, provider: readUsage(provider.pid).rssMiB };
}

function memoryOf(rig: Rig, atStart: Resident, withPods: Resident): Figures["memoryMiB"] {
  const figures = (name: ProgramName): MemoryFigures => {
    const { rssMiB, peakRssMiB } = readUsage(rig[name].pid);
    return { atStart: atStart[name], withPods: withPods[name], atEnd: rssMiB, peak: peakRssMiB };
  };
  return { gateway: figures("gateway"), provider: figures("provider") };
}
