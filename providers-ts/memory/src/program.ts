/** The memory provider put together from its flags. */
import { CAPABILITIES, capabilityOf, FEATURES, featureOf } from "@outboard/contract";
import {
  type BuiltProvider,
  type Control,
  type FlagSpec,
  type ProgramTools,
  type Settings,
  SettingsError,
} from "@outboard/provider-sdk";
import type { IpFamily } from "./address-pool.js";
import { DeathRow } from "./death-row.js";
import { type Defect, guardedBy, spoiled } from "./defects/defect.js";
import { DEFECTS } from "./defects/table.js";
import { describeMemory } from "./description.js";
import { type FaultMode, Faults, isFaultMode } from "./faults.js";
import { Flood } from "./flood.js";
import { withLedger } from "./ledger.js";
import { MemoryProvider } from "./memory-provider.js";
import { Pods } from "./pods.js";
import { noStore, openStore, type Store } from "./store.js";

const VERSION = "0.1.0";

/** Flags beside those of every provider. */
export const MEMORY_FLAGS: readonly FlagSpec[] = [
  { name: "state", kind: "text", help: "folder to keep pods in, so that they survive a kill (default: none)" },
  { name: "forget-inputs", kind: "switch", help: "with --state: every pod needs its inputs again after a restart" },
  { name: "ledger", kind: "text", help: "file to which every change of a pod is appended, for tests" },
  { name: "start-ms", kind: "number", help: "time until a pod's sandbox is ready (default 0)" },
  { name: "jitter-ms", kind: "number", help: "at most so much more, by pod (default 0)" },
  { name: "seed", kind: "text", help: "seed of the jitter (default 1)" },
  { name: "cpu", kind: "text", help: "cpu of the node (default 1000)" },
  { name: "memory", kind: "text", help: "memory of the node (default 4Ti)" },
  { name: "max-pods", kind: "number", help: "pods of the node (default 10000)" },
  { name: "max-message-bytes", kind: "number", help: "largest message taken (default 16777216)" },
  { name: "fault", kind: "text", help: "misbehave: none, hang, unavailable or flood (default none)" },
  { name: "faults", kind: "text", help: 'file {"mode": ...} that is watched for the same' },
  { name: "defect", kind: "text", help: "with --testing: have this mistake built in, for suites that must see it" },
  { name: "ip-family", kind: "number", help: "4 or 6: family of the pods' addresses (default 4)" },
  { name: "revisions", kind: "text", help: "contract revisions to speak, parted by commas (default 1)" },
  { name: "without-capability", kind: "list", help: "id of a capability not to declare, or all; may be repeated" },
  { name: "without-feature", kind: "list", help: "id of a feature not to declare, or all; may be repeated" },
];

/** Builds the provider. */
export function buildMemoryProvider(settings: Settings, { clock, log }: ProgramTools): BuiltProvider {
  const death = new DeathRow();
  const defect = defectOf(settings);
  const store = storeOf(settings, defect);
  const pods = new Pods({ clock, store, death, ipFamily: familyOf(settings) });
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
    provider: spoiled(provider, defect, { clock, pods }),
    control: controlOf(provider, death),
    serve: {
      ...(store.owner === undefined ? {} : { owner: store.owner }),
      revisions: revisionsOf(settings),
      guard: guardedBy((context) => faults.guard(context), defect),
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

/** The defect that was asked for: none by default. */
function defectOf(settings: Settings): Defect {
  const name = settings.text("defect");
  if (name === undefined) return {};
  if (!settings.isOn("testing")) throw new SettingsError("--defect: only with --testing");
  const defect = DEFECTS.get(name);
  if (defect === undefined) throw new SettingsError(`--defect: must be one of ${[...DEFECTS.keys()].join(", ")}`);
  defect.install?.();
  return defect;
}

function storeOf(settings: Settings, defect: Defect): Store {
  const folder = settings.text("state");
  const sound = folder === undefined ? noStore : openStore(folder, settings.isOn("forget-inputs"));
  const ledger = settings.text("ledger");
  const told = ledger === undefined ? sound : withLedger(sound, ledger);
  return defect.store?.(told) ?? told;
}

function familyOf(settings: Settings): IpFamily {
  const family = settings.number("ip-family") ?? 4;
  if (family === 4 || family === 6) return family;
  throw new SettingsError("--ip-family: must be 4 or 6");
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
  const capabilities = named(settings.list("without-capability"), CAPABILITIES);
  const features = named(settings.list("without-feature"), FEATURES);
  const unknown = [
    ...capabilities
      .filter((id) => capabilityOf(id) === undefined)
      .map((id) => `--without-capability: there is no ${id}`),
    ...features.filter((id) => featureOf(id) === undefined).map((id) => `--without-feature: there is no ${id}`),
  ];
  if (unknown[0] !== undefined) throw new SettingsError(unknown[0]);
  return { capabilities, features };
}

function named(ids: readonly string[], rows: readonly { readonly id: string }[]): readonly string[] {
  return ids.includes("all") ? rows.map(({ id }) => id) : ids;
}
