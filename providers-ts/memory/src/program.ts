/** The memory provider put together from its flags. */
import { capabilityOf, featureOf } from "@outboard/contract";
import {
  type BuiltProvider,
  type Control,
  type FlagSpec,
  type ProgramTools,
  type Settings,
  SettingsError,
} from "@outboard/provider-sdk";
import { DeathRow } from "./death-row.js";
import { describeMemory } from "./description.js";
import { type FaultMode, Faults, isFaultMode } from "./faults.js";
import { Flood } from "./flood.js";
import { MemoryProvider } from "./memory-provider.js";
import { Pods } from "./pods.js";
import { noStore, openStore } from "./store.js";

const VERSION = "0.1.0";

/** Flags beside those of every provider. */
export const MEMORY_FLAGS: readonly FlagSpec[] = [
  { name: "state", kind: "text", help: "folder to keep pods in, so that they survive a kill (default: none)" },
  { name: "forget-inputs", kind: "switch", help: "with --state: every pod needs its inputs again after a restart" },
  { name: "start-ms", kind: "number", help: "time until a pod's sandbox is ready (default 0)" },
  { name: "jitter-ms", kind: "number", help: "at most so much more, by pod (default 0)" },
  { name: "seed", kind: "text", help: "seed of the jitter (default 1)" },
  { name: "cpu", kind: "text", help: "cpu of the node (default 1000)" },
  { name: "memory", kind: "text", help: "memory of the node (default 4Ti)" },
  { name: "max-pods", kind: "number", help: "pods of the node (default 10000)" },
  { name: "max-message-bytes", kind: "number", help: "largest message taken (default 16777216)" },
  { name: "fault", kind: "text", help: "misbehave: none, hang, unavailable or flood (default none)" },
  { name: "faults", kind: "text", help: 'file {"mode": ...} that is watched for the same' },
  { name: "revisions", kind: "text", help: "contract revisions to speak, parted by commas (default 1)" },
  { name: "without-capability", kind: "list", help: "id of a capability not to declare; may be repeated" },
  { name: "without-feature", kind: "list", help: "id of a feature not to declare; may be repeated" },
];

/** Builds the provider. */
export function buildMemoryProvider(settings: Settings, { clock, log }: ProgramTools): BuiltProvider {
  const death = new DeathRow();
  const folder = settings.text("state");
  const store = folder === undefined ? noStore : openStore(folder, settings.isOn("forget-inputs"));
  const pods = new Pods({ clock, store, death });
  const maxMessageBytes = settings.number("max-message-bytes") ?? 16 * 1024 * 1024;
  const provider = new MemoryProvider({
    description: describeMemory(VERSION, omissionsOf(settings), { maxMessageBytes, maxParallelCreates: 64 }),
    clock,
    pods,
    store,
    death,
    pace: {
      startMs: settings.number("start-ms") ?? 0,
      jitterMs: settings.number("jitter-ms") ?? 0,
      seed: settings.text("seed") ?? "1",
    },
    size: {
      cpu: settings.text("cpu") ?? "1000",
      memory: settings.text("memory") ?? "4Ti",
      pods: settings.number("max-pods") ?? 10_000,
    },
  });
  const faults = openFaults(settings);
  const flood = new Flood(pods, clock);
  faults.onMode((mode) => {
    flood.set(mode === "flood");
    log.debug({ mode }, "fault mode");
  });
  return {
    provider,
    control: controlOf(provider, death),
    serve: {
      ...(store.owner === undefined ? {} : { owner: store.owner }),
      revisions: revisionsOf(settings),
      guard: (context) => faults.guard(context),
    },
  };
}

function controlOf(provider: MemoryProvider, death: DeathRow): Control {
  return {
    setBackend: async (isUp) => provider.setBackend(isUp),
    losePod: async (uid) => provider.takeAway(uid, "lose"),
    reclaimPod: async (uid) => provider.takeAway(uid, "reclaim"),
    dieAt: async (point) => {
      death.arm(point);
      return true;
    },
  };
}

function openFaults(settings: Settings): Faults {
  const mode = settings.text("fault") ?? "none";
  if (!isFaultMode(mode)) throw new SettingsError("--fault: must be none, hang, unavailable or flood");
  const faults = new Faults(mode satisfies FaultMode);
  const file = settings.text("faults");
  if (file !== undefined) faults.follow(file);
  return faults;
}

function revisionsOf(settings: Settings): readonly number[] {
  const revisions = (settings.text("revisions") ?? "1").split(",").map(Number);
  if (revisions.every((revision) => Number.isInteger(revision) && revision > 0)) return revisions;
  throw new SettingsError("--revisions: must be whole numbers parted by commas");
}

function omissionsOf(settings: Settings): {
  readonly capabilities: readonly string[];
  readonly features: readonly string[];
} {
  const capabilities = settings.list("without-capability");
  const features = settings.list("without-feature");
  const unknown = [
    ...capabilities
      .filter((id) => capabilityOf(id) === undefined)
      .map((id) => `--without-capability: there is no ${id}`),
    ...features.filter((id) => featureOf(id) === undefined).map((id) => `--without-feature: there is no ${id}`),
  ];
  if (unknown[0] !== undefined) throw new SettingsError(unknown[0]);
  return { capabilities, features };
}
