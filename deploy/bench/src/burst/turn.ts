// A contender's turn: its programs started anew, warmed up, one burst, its programs ended.

import { podNames } from "../load.js";
import { readUsage } from "../process-usage.js";
import type { MemoryFigures } from "../figures.js";
import { type BurstRun, runBurst, warmUp } from "./burst.js";
import { burstPod } from "./burst-load.js";
import { type Contender, startContender } from "./contenders.js";
import type { LoopDelay, PortFigures, TurnFigures } from "./figures.js";
import type { Ground } from "./ground.js";
import { askKubeletPort } from "./kubelet-port.js";
import { readLoopDelay } from "./loop-delay.js";
import type { BurstOptions, ContenderName } from "./options.js";

export interface TurnPlace {
  readonly ground: Ground;
  readonly peers: ReadonlyMap<string, string>;
  readonly options: BurstOptions;
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface TurnOrder {
  readonly name: ContenderName;
  readonly round: number;
  readonly pods: number;
}

/** Stock takes 0.2 s per pod to create and 0.5 s to delete. */
const SECONDS_PER_POD = 1;

export async function takeTurn(place: TurnPlace, order: TurnOrder): Promise<TurnFigures> {
  const { ground, peers, options, report, signal } = place;
  const { name, round, pods } = order;
  const nodeName = `${name}-${round}-${pods}`;
  const { cpuProf, warmUpPods } = options;
  report(`${name}, round ${round}: ${pods} pods`);
  await using contender = await startContender({
    ground,
    name,
    nodeName,
    pods: pods + warmUpPods,
    peers,
    signal,
    ...(cpuProf === undefined ? {} : { cpuProf }),
  });
  const podsOf = (count: number, prefix: string): ReadonlyMap<string, object> =>
    new Map(podNames(prefix, count).map((pod) => [pod, burstPod(pod, nodeName, options)]));
  const run = { ground, measured: contender, secondsPerPod: SECONDS_PER_POD, signal };
  const atStart = residentOf(contender);
  await warmUp({ ...run, pods: podsOf(warmUpPods, `w-${nodeName}`) });
  const asksPort = options.mode === "scale";
  const figures = await measured({ ...run, pods: podsOf(pods, nodeName) }, contender, { order, atStart, asksPort });
  const [running, gone] = [figures.create, figures.remove].map(({ wallSeconds }) => wallSeconds.toFixed(1));
  report(`  all Running after ${running} s, all gone after ${gone} s`);
  return figures;
}

interface Beginning {
  readonly order: TurnOrder;
  readonly atStart: Resident;
  readonly asksPort: boolean;
}

async function measured(run: BurstRun, contender: Contender, beginning: Beginning): Promise<TurnFigures> {
  const { order, atStart, asksPort } = beginning;
  const { metricsUrl } = contender;
  let port: readonly PortFigures[] | undefined;
  let loopDelay: LoopDelay | undefined;
  let withPods = atStart;
  if (metricsUrl !== undefined) await readLoopDelay(metricsUrl);
  const onRunning = async (): Promise<void> => {
    if (metricsUrl !== undefined) loopDelay = await readLoopDelay(metricsUrl);
  };
  const between = async (): Promise<void> => {
    withPods = residentOf(contender);
    if (asksPort) port = await askKubeletPort(run.ground, contender);
  };
  const outcome = await runBurst({ ...run, onRunning }, between);
  const { name, round, pods } = order;
  return {
    contender: name,
    round,
    pods,
    ...outcome,
    memoryMiB: memoryOf(contender, atStart, withPods),
    ...(loopDelay === undefined ? {} : { loopDelay }),
    ...(port === undefined ? {} : { port }),
  };
}

interface Resident {
  readonly gateway: number;
  readonly provider?: number;
}

function residentOf({ gateway, provider }: Contender): Resident {
  const resident = readUsage(gateway.pid).rssMiB;
  return provider === undefined
    ? { gateway: resident }
    : { gateway: resident, provider: readUsage(provider.pid).rssMiB };
}

function memoryOf({ gateway, provider }: Contender, atStart: Resident, withPods: Resident): TurnFigures["memoryMiB"] {
  const figures = (pid: number, name: keyof Resident): MemoryFigures => {
    const { rssMiB, peakRssMiB } = readUsage(pid);
    return { atStart: atStart[name] ?? 0, withPods: withPods[name] ?? 0, atEnd: rssMiB, peak: peakRssMiB };
  };
  const own = figures(gateway.pid, "gateway");
  return provider === undefined ? { gateway: own } : { gateway: own, provider: figures(provider.pid, "provider") };
}
