/** The provider's binary: settings, machine, runtime, pod engine. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, realpathSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import {
  createPodEngine,
  openTmpfsMounter,
  runProvider,
  SettingsError,
  type BuiltProvider,
  type PodProvider,
  type Settings,
  type TmpfsMounter,
} from "@outboard/provider-sdk";
import { FLAGS, readProcessSettings } from "./config/settings.js";
import { withheldFeatures } from "./features.js";
import { inspectMachine } from "./machine/machine.js";
import { memoryFolder, sweepMemoryFolders } from "./machine/memory-folder.js";
import { hostProbe } from "./machine/probe.js";
import { openBridge } from "./network/bridge.js";
import { ProcessRuntime } from "./runtime/process-runtime.js";
import { readOwner, writeOwner } from "./runtime/owner-file.js";
import { lockState } from "./runtime/state-lock.js";

await runProvider(
  "process",
  async (settings, { log, clock }): Promise<BuiltProvider> => await buildProcess(settings, { logger: log, clock }),
  process.argv.slice(2),
  FLAGS,
);

type EngineTools = Pick<Parameters<typeof createPodEngine>[1], "logger" | "clock">;

async function buildProcess(settings: Settings, tools: EngineTools): Promise<BuiltProvider> {
  const { state, images, wishes, maxPods, networkCidr } = readProcessSettings(settings);
  const folder = makeState(state);
  const tag = createHash("sha256").update(folder).digest("hex").slice(0, 8);
  if (!(await lockState(tag))) throw new SettingsError(`--state: another provider uses ${folder}`);
  const machine = inspectMachine(hostProbe(), { ...wishes, groupName: `outboard-${tag}` });
  if (wishes.network === "bridge" && !machine.network) {
    throw new SettingsError(`--network bridge: ${machine.notes.get("network") ?? "needs root and namespaces"}`);
  }
  const network = machine.network
    ? await openBridge({ ip: machine.tools.ip ?? "ip", tag, state: folder, cidr: networkCidr })
    : undefined;
  sweepMemoryFolders();
  const inputsFolder = memoryFolder(folder);
  const runtime = new ProcessRuntime({
    state: join(folder, "runtime"),
    hidden: [folder, ...(inputsFolder === undefined ? [] : [inputsFolder])],
    machine,
    images,
    maxPods,
    ...(network === undefined ? {} : { network }),
  });
  for (const [name, text] of machine.notes) tools.logger.info({ feature: name, text }, "machine does not allow");
  const tmpfs = machine.isolation === "root" ? await tryTmpfs(folder) : undefined;
  const engine = createPodEngine(runtime, {
    ...tools,
    stateFolder: join(folder, "engine"),
    withhold: { features: withheldFeatures(machine) },
    ...(inputsFolder === undefined ? {} : { inputsFolder }),
    ...(tmpfs === undefined ? {} : { tmpfs }),
  });
  return withOwner(engine, folder);
}

/** The first owner is noted before anything is done for it. */
function withOwner(provider: PodProvider, state: string): BuiltProvider {
  const known = readOwner(state);
  const start: PodProvider["start"] = async (host, owner) => {
    writeOwner(state, owner);
    await provider.start(host, owner);
  };
  return { provider: { ...provider, start }, ...(known === undefined ? {} : { serve: { owner: known } }) };
}

async function tryTmpfs(state: string): Promise<TmpfsMounter | undefined> {
  const trial = mkdtempSync(join(state, "trial-"));
  try {
    return await openTmpfsMounter(trial);
  } finally {
    rmdirSync(trial);
  }
}

function makeState(state: string): string {
  try {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    return realpathSync(state);
  } catch {
    throw new SettingsError(`--state: ${state} cannot be made`);
  }
}
