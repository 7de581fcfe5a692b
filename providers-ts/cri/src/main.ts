/** The provider's binary: settings, runtime, pod engine. */
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import {
  createPodEngine,
  diskSize,
  hostAddresses,
  hostDNS,
  openStateFolder,
  runProvider,
  type BuiltProvider,
  type ProgramTools,
  type Settings,
} from "@outboard/provider-sdk";
import { openCri, type CriClient } from "./client/cri-client.js";
import { messageOf } from "./client/errors.js";
import { FLAGS, readCriSettings, type CriSettings } from "./config/settings.js";
import { inspectMachine } from "./machine/machine.js";
import { CriRuntime } from "./runtime/cri-runtime.js";
import { PodStore } from "./runtime/pod-store.js";
import { probeRuntime, type RuntimeFacts } from "./runtime/probe.js";

await runProvider("cri", buildCri, process.argv.slice(2), FLAGS);

async function buildCri(settings: Settings, { log, clock }: ProgramTools): Promise<BuiltProvider> {
  const read = readCriSettings(settings);
  const state = await openStateFolder("cri", read.state);
  const runtime = await openRuntime({ ...read, state: state.path }, clock);
  const tmpfs = await state.tmpfs();
  const engine = createPodEngine(runtime, {
    logger: log,
    clock,
    stateFolder: join(state.path, "engine"),
    ...(state.inputsFolder === undefined ? {} : { inputsFolder: state.inputsFolder }),
    ...(tmpfs === undefined ? {} : { tmpfs }),
  });
  return state.withOwner(engine);
}

async function openRuntime(read: CriSettings, clock: ProgramTools["clock"]): Promise<CriRuntime> {
  const client = openCri(read.socket);
  const machine = inspectMachine();
  const facts = await awaitRuntime(client, read, clock);
  const { nodeIp } = read;
  return new CriRuntime({
    client,
    facts,
    machine,
    group: {
      root: read.cgroupRoot,
      driver: read.cgroupDriver ?? facts.cgroupDriver ?? "cgroupfs",
      hierarchies: machine.hierarchies,
    },
    store: new PodStore(join(read.state, "pods")),
    clock,
    seccompFolder: read.seccompFolder,
    host: {
      machine: {
        cpuMillis: availableParallelism() * 1000,
        memoryBytes: totalmem(),
        storageBytes: diskSize(read.state),
        maxPods: read.maxPods,
      },
      held: read.held,
      dns: () => hostDNS(read.resolvConf),
    },
    hostIPs: nodeIp === undefined ? hostAddresses : () => [nodeIp],
  });
}

/** The clock's timers do not keep a process alive. */
async function awaitRuntime(client: CriClient, read: CriSettings, clock: ProgramTools["clock"]): Promise<RuntimeFacts> {
  const awake = setInterval(() => {}, 2 ** 30);
  try {
    return await probeRuntime(client, clock, read.patienceMs);
  } catch (error) {
    throw new Error(`no CRI runtime answers at ${read.socket}: ${messageOf(error)}`, { cause: error });
  } finally {
    clearInterval(awake);
  }
}
