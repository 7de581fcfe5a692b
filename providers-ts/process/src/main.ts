/** The provider's binary: settings, machine, runtime, pod engine. */
import { join } from "node:path";
import {
  createPodEngine,
  openStateFolder,
  runProvider,
  SettingsError,
  type BuiltProvider,
  type Settings,
} from "@outboard/provider-sdk";
import { FLAGS, readProcessSettings } from "./config/settings.js";
import { withheldFeatures } from "./features.js";
import { inspectMachine } from "./machine/machine.js";
import { hostProbe } from "./machine/probe.js";
import { openBridge } from "./network/bridge.js";
import { ProcessRuntime } from "./runtime/process-runtime.js";

await runProvider(
  "process",
  async (settings, { log, clock }): Promise<BuiltProvider> => await buildProcess(settings, { logger: log, clock }),
  process.argv.slice(2),
  FLAGS,
);

type EngineTools = Pick<Parameters<typeof createPodEngine>[1], "logger" | "clock">;

async function buildProcess(settings: Settings, tools: EngineTools): Promise<BuiltProvider> {
  const { state: wished, images, wishes, maxPods, networkCidr } = readProcessSettings(settings);
  const state = await openStateFolder("process", wished);
  const { path: folder, tag, inputsFolder } = state;
  const machine = inspectMachine(hostProbe(), { ...wishes, groupName: `outboard-${tag}` });
  if (wishes.network === "bridge" && !machine.network) {
    throw new SettingsError(`--network bridge: ${machine.notes.get("network") ?? "needs root and namespaces"}`);
  }
  const network = machine.network
    ? await openBridge({ ip: machine.tools.ip ?? "ip", tag, state: folder, cidr: networkCidr })
    : undefined;
  const runtime = new ProcessRuntime({
    state: join(folder, "runtime"),
    hidden: [folder, ...(inputsFolder === undefined ? [] : [inputsFolder])],
    machine,
    images,
    maxPods,
    ...(network === undefined ? {} : { network }),
  });
  for (const [name, text] of machine.notes) tools.logger.info({ feature: name, text }, "machine does not allow");
  const tmpfs = machine.isolation === "root" ? await state.tmpfs() : undefined;
  const engine = createPodEngine(runtime, {
    ...tools,
    stateFolder: join(folder, "engine"),
    withhold: { features: withheldFeatures(machine) },
    ...(inputsFolder === undefined ? {} : { inputsFolder }),
    ...(tmpfs === undefined ? {} : { tmpfs }),
  });
  return state.withOwner(engine);
}
