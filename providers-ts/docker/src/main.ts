/** The provider's binary: settings, runtime, pod engine. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, realpathSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import {
  type BuiltProvider,
  createPodEngine,
  openTmpfsMounter,
  type PodProvider,
  runProvider,
  SettingsError,
  type Settings,
  type TmpfsMounter,
} from "@outboard/provider-sdk";
import { FLAGS, readDockerSettings } from "./config/settings.js";
import { memoryFolder, sweepMemoryFolders } from "./machine/memory-folder.js";
import { DockerRuntime } from "./runtime/docker-runtime.js";
import { readOwner, writeOwner } from "./runtime/owner-file.js";
import { lockState } from "./runtime/state-lock.js";

await runProvider(
  "docker",
  async (settings, { log, clock }): Promise<BuiltProvider> => await buildDocker(settings, { logger: log, clock }),
  process.argv.slice(2),
  FLAGS,
);

type EngineTools = Pick<Parameters<typeof createPodEngine>[1], "logger" | "clock">;

async function buildDocker(settings: Settings, tools: EngineTools): Promise<BuiltProvider> {
  const { state, ...options } = readDockerSettings(settings);
  const folder = makeState(state);
  const tag = createHash("sha256").update(folder).digest("hex").slice(0, 8);
  if (!(await lockState(tag))) throw new SettingsError(`--state: another provider uses ${folder}`);
  sweepMemoryFolders();
  const inputsFolder = memoryFolder(folder);
  const tmpfs = await tryTmpfs(folder);
  const runtime = new DockerRuntime({ ...options, clock: tools.clock });
  const engine = createPodEngine(runtime, {
    ...tools,
    stateFolder: join(folder, "engine"),
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
