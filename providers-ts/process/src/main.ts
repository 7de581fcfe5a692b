/** The provider's binary: settings, machine, runtime, pod engine. */
import { createHash } from "node:crypto";
import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { createPodEngine, runProvider, SettingsError, type BuiltProvider, type Settings } from "@outboard/provider-sdk";
import { FLAGS, readProcessSettings } from "./config/settings.js";
import { withheldFeatures } from "./features.js";
import { inspectMachine } from "./machine/machine.js";
import { hostProbe } from "./machine/probe.js";
import { openBridge } from "./network/bridge.js";
import { ProcessRuntime } from "./runtime/process-runtime.js";
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
  const runtime = new ProcessRuntime({
    state: join(folder, "runtime"),
    hidden: [folder],
    machine,
    images,
    maxPods,
    ...(network === undefined ? {} : { network }),
  });
  for (const [name, text] of machine.notes) tools.logger.info({ feature: name, text }, "machine does not allow");
  return {
    provider: createPodEngine(runtime, {
      ...tools,
      stateFolder: join(folder, "engine"),
      withhold: { features: withheldFeatures(machine) },
    }),
  };
}

function makeState(state: string): string {
  try {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    return realpathSync(state);
  } catch {
    throw new SettingsError(`--state: ${state} cannot be made`);
  }
}
