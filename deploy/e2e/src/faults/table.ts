// The rows of the matrix: what goes wrong, how it is made right again, and what may be expected meanwhile.

import { type Cluster, eventually } from "@outboard/devcluster";
import type { ApiFault } from "./api-proxy.js";
import type { Arena } from "./arena.js";
import { giveOwnZone } from "./bystander.js";
import { compactEtcd } from "./compaction.js";
import type { LinkMode } from "./link.js";
import type { Setting } from "./setting.js";

type ClusterStep = (cluster: Cluster) => Promise<void>;

export interface Fault {
  readonly name: string;
  readonly setting: Setting;
  /** "cluster": it hits every node at once, so that the cells of the row run together and nothing beside them. */
  readonly scope: "node" | "cluster";
  /** The memory provider plays it. */
  readonly isPlayed?: boolean;
  /** How long it lasts, seconds: in the whole matrix, and in the short one. */
  readonly seconds: { readonly full: number; readonly short: number };
  readonly strike: (arena: Arena) => Promise<void> | void;
  readonly heal: (arena: Arena) => Promise<void> | void;
  /** Of scope "cluster": done once, after all were struck and before all are healed. */
  readonly together?: { readonly strike: ClusterStep; readonly heal: ClusterStep };
  /** Proof that it struck; absent: a process was ended, which is proof. */
  readonly struck?: (arena: Arena) => number;
  /** How long everything may take to be right afterwards, beyond what is usual; milliseconds. */
  readonly patienceMs: number;
  /** It lasts until the cluster has deleted pods that tolerate it only so long, seconds; undefined in it: the default. */
  readonly evictSeconds?: { readonly full: number | undefined; readonly short: number };
  /** Every end of an instance must be told, not the last ones alone. */
  readonly tellsAll: boolean;
}

const MEMORY: Setting = { provider: "memory", link: "none" };
const LINKED: Setting = { provider: "memory", link: "unix" };
const TCP: Setting = { provider: "memory", link: "tcp" };
const REAL: Setting = { provider: "process", link: "none" };
const DISK: Setting = { ...REAL, hasDisk: true };
const HOUR_MS = 3_600_000;
const MOMENT = { full: 1, short: 0.2 };
const MINUTE = { full: 60, short: 12 };
const WHILE = { full: 25, short: 8 };
/** A silent watch is given up by the gateway after 3 minutes. */
const SILENCE_MS = 200_000;

type Row = Pick<Fault, "name"> & Partial<Fault>;

function fault(row: Row): Fault {
  const nothing = (): void => undefined;
  return {
    setting: MEMORY,
    scope: "node",
    strike: nothing,
    heal: nothing,
    seconds: WHILE,
    patienceMs: 0,
    tellsAll: true,
    ...row,
  };
}

/** What an API server or a network in trouble does, by the proxy. */
function api(name: string, spoiled: ApiFault, more: Partial<Fault> = {}): Fault {
  return fault({
    name,
    strike: ({ proxy }) => proxy.set(spoiled),
    heal: ({ proxy }) => proxy.set({ kind: "none" }),
    struck: ({ proxy }) => proxy.struck(),
    ...more,
  });
}

function network(name: string, setting: Setting, mode: LinkMode, more: Partial<Fault> = {}): Fault {
  return fault({
    name,
    setting,
    strike: ({ link }) => link?.set(mode),
    heal: ({ link }) => link?.set("pass"),
    struck: ({ link }) => link?.struck() ?? 0,
    tellsAll: false,
    ...more,
  });
}

function mode(name: string, word: string, more: Partial<Fault> = {}): Fault {
  return fault({
    name,
    strike: (arena) => arena.setMode(word),
    heal: (arena) => arena.setMode("none"),
    isPlayed: true,
    ...more,
  });
}

function gatewayEnds(name: string, how: "kill" | "stop", setting: Setting): Fault {
  const strike = async ({ gateway }: Arena): Promise<void> => void (await gateway[how]());
  return fault({ name, setting, strike, heal: ({ gateway }) => gateway.start(), seconds: MOMENT, tellsAll: false });
}

function providerEnds(name: string, setting: Setting): Fault {
  const heal = async (arena: Arena): Promise<void> => arena.startProvider();
  return fault({
    name,
    setting,
    strike: async ({ provider }) => provider.kill(),
    heal,
    seconds: MOMENT,
    tellsAll: false,
  });
}

/** Ended for so long that pods are deleted meanwhile. */
function staysAway(name: string, who: "gateway" | "provider", setting: Setting): Fault {
  return fault({
    name,
    setting,
    strike: async (arena) => {
      await giveOwnZone(arena.api, arena.nodeName);
      await arena[who].kill();
    },
    heal: async (arena) => (who === "gateway" ? arena.gateway.start() : arena.startProvider()),
    seconds: { full: 330, short: 10 },
    evictSeconds: { full: undefined, short: 5 },
    tellsAll: false,
  });
}

async function killOnFullDisk(arena: Arena): Promise<void> {
  const { disk, provider } = arena;
  const starts = (): number => provider.log().split('"provider started"').length;
  disk?.fill();
  await provider.kill();
  const before = starts();
  await arena.startProvider();
  const message = "the provider to go on with its pods though nothing can be written";
  await eventually(() => starts() > before, { message, timeoutMs: 60_000 });
}

const ALL_CLASSES = ["watch", "read", "write"] as const;

export const FAULTS: readonly Fault[] = [
  gatewayEnds("gateway kill -9", "kill", MEMORY),
  gatewayEnds("gateway kill -9, real processes", "kill", REAL),
  gatewayEnds("gateway SIGTERM", "stop", MEMORY),
  fault({
    name: "gateway SIGSTOP",
    strike: ({ gateway }) => gateway.freeze(),
    heal: ({ gateway }) => gateway.thaw(),
    seconds: MINUTE,
    tellsAll: false,
  }),
  fault({ name: "gateway's clock +1 h", strike: (arena) => arena.stepClock(HOUR_MS), heal: () => undefined }),
  fault({ name: "gateway's clock -1 h", strike: (arena) => arena.stepClock(-HOUR_MS), heal: () => undefined }),
  providerEnds("provider kill -9", MEMORY),
  providerEnds("provider kill -9, real processes", REAL),
  fault({
    name: "provider SIGSTOP",
    strike: ({ provider }) => provider.freeze(),
    heal: ({ provider }) => provider.thaw(),
    seconds: MINUTE,
    tellsAll: false,
  }),
  staysAway("provider away, pods evicted", "provider", MEMORY),
  staysAway("provider away, pods evicted, real processes", "provider", REAL),
  staysAway("gateway away, pods evicted", "gateway", MEMORY),
  mode("provider hangs", "hang", { tellsAll: false }),
  mode("provider unavailable", "unavailable", { tellsAll: false }),
  mode("provider floods", "flood"),
  network("provider slow", LINKED, "slow"),
  network("network to provider cut", TCP, "cut"),
  network("network to provider silent", TCP, "swallow"),
  fault({
    name: "disk of provider full",
    setting: DISK,
    strike: ({ disk }) => disk?.fill(),
    heal: ({ disk }) => disk?.free(),
    tellsAll: false,
  }),
  fault({
    name: "disk full, provider kill -9",
    setting: DISK,
    strike: killOnFullDisk,
    heal: ({ disk }) => disk?.free(),
    tellsAll: false,
  }),
  api("API answers 409", { kind: "answer", status: 409, classes: ["write"], share: 0.8 }),
  api("API answers 429", { kind: "answer", status: 429, classes: ALL_CLASSES, share: 0.8 }),
  api("API answers 500", { kind: "answer", status: 500, classes: ALL_CLASSES, share: 0.8 }),
  api("API answers 410", { kind: "answer", status: 410, classes: ["watch"], share: 0.8 }),
  api("API's answers lost", { kind: "lose-answers" }),
  api("watches dropped", { kind: "drop-watches" }),
  api("watches silent", { kind: "silent-watches" }, { patienceMs: SILENCE_MS }),
  api("network to API cut", { kind: "away" }, { seconds: MINUTE }),
  fault({
    name: "API server kill -9",
    scope: "cluster",
    together: { strike: async (cluster) => cluster.killApiServer(), heal: async (cluster) => cluster.startApiServer() },
    seconds: MOMENT,
  }),
  fault({
    name: "API server away",
    scope: "cluster",
    together: { strike: async (cluster) => cluster.stopApiServer(), heal: async (cluster) => cluster.startApiServer() },
    seconds: MINUTE,
  }),
  fault({
    name: "etcd compaction",
    scope: "cluster",
    strike: ({ proxy }) => proxy.set({ kind: "hold-watches" }),
    heal: ({ proxy }) => proxy.set({ kind: "none" }),
    // What the gateway missed is compacted, and the API server has forgotten it: to resume is refused with 410.
    together: {
      strike: async () => undefined,
      heal: async (cluster) => {
        await compactEtcd(cluster);
        await cluster.killApiServer();
        await cluster.startApiServer();
      },
    },
    struck: ({ proxy }) => proxy.expired(),
    seconds: { full: 10, short: 5 },
  }),
];
