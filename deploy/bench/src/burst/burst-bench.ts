// The run: everybody in turn against the same control plane; or ours alone, at several sizes or on many nodes.

import { cpus, loadavg } from "node:os";
import type { RunContext } from "../create-bench.js";
import type { BurstFigures, TurnFigures } from "./figures.js";
import { openGround } from "./ground.js";
import { measureNodes } from "./many-nodes.js";
import type { BurstOptions, ContenderName } from "./options.js";
import { ensurePeers, LIFTED, PEER_VERSION, STOCK } from "./peer-programs.js";
import { measureRestart } from "./restart.js";
import { takeTurn, type TurnOrder, type TurnPlace } from "./turn.js";

/** Runs on a control plane of its own; nothing is left behind. */
export async function runBurstBench(options: BurstOptions, { report, signal }: RunContext): Promise<BurstFigures> {
  const loadBefore = loadavg()[0] ?? 0;
  const peers = await ensurePeers(peerPrograms(options), { report, signal });
  report("starting a control plane");
  await using ground = await openGround({ report, signal });
  const measured = await MODES[options.mode]({ ground, peers, options, report, signal });
  const { mode, scheduler, token } = options;
  return {
    mode,
    scheduler,
    token,
    turns: [],
    ...measured,
    machine: {
      cpus: cpus().length,
      cpuModel: cpus()[0]?.model ?? "unknown",
      node: process.version,
      kubernetes: ground.cluster.version,
      peer: PEER_VERSION,
      load: [loadBefore, loadavg()[0] ?? 0],
    },
  };
}

function peerPrograms({ mode, peers }: BurstOptions): (typeof LIFTED)[] {
  if (mode !== "peers") return [];
  return [...(peers.includes("lifted") ? [LIFTED] : []), ...(peers.includes("stock") ? [STOCK] : [])];
}

type Measured = Pick<BurstFigures, "restart" | "nodes"> & Partial<Pick<BurstFigures, "turns">>;

const MODES: Readonly<Record<BurstOptions["mode"], (place: TurnPlace) => Promise<Measured>>> = {
  peers: async (place) => ({ turns: await takeTurns(place, ordersOf(place.options)) }),
  scale: measureScale,
  nodes: async (place) => ({ nodes: await measureNodes(place) }),
};

async function measureScale(place: TurnPlace): Promise<Measured> {
  const { sizes } = place.options;
  const turns = await takeTurns(
    place,
    sizes.map((pods) => ({ name: "outboard", round: 1, pods })),
  );
  return { turns, restart: await measureRestart(place, Math.max(...sizes)) };
}

async function takeTurns(place: TurnPlace, orders: readonly TurnOrder[]): Promise<TurnFigures[]> {
  const turns: TurnFigures[] = [];
  for (const order of orders) turns.push(await takeTurn(place, order));
  return turns;
}

/** Everybody in each round; every other round the other way round, since who comes later meets a fuller etcd. */
export function ordersOf({ peers, pods, stockPods, rounds }: BurstOptions): TurnOrder[] {
  const names: readonly ContenderName[] = ["outboard", ...peers];
  return Array.from({ length: rounds }, (_, index) => index + 1).flatMap((round) => {
    const inTurn = round % 2 === 1 ? names : names.toReversed();
    return inTurn.map((name) => ({ name, round, pods: name === "stock" ? stockPods : pods }));
  });
}
