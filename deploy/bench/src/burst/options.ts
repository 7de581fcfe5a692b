// The flags of `npm run bench -- burst`, read once; anything wrong is one clear line.

import { parseFlags, type Range, wholeNumber } from "../flags.js";
import { UsageError } from "../options.js";

export type PeerName = "lifted" | "stock" | "floor";
export type ContenderName = "outboard" | PeerName;

export const PEERS: readonly PeerName[] = ["lifted", "floor", "stock"];

/** Peers in turn, sizes in turn on one node, or many nodes at once. */
export type BurstMode = "peers" | "scale" | "nodes";

export interface BurstOptions {
  readonly mode: BurstMode;
  /** Pods of a burst; with many nodes: of each node. */
  readonly pods: number;
  /** The peers that take turns with ours, in this order. */
  readonly peers: readonly PeerName[];
  /** The stock peer's burst may be smaller: its speed is bound by its own limits, whatever the size. */
  readonly stockPods: number;
  /** Every contender has a turn in each round. */
  readonly rounds: number;
  readonly warmUpPods: number;
  /** Pods find their node through the scheduler; otherwise they name it. */
  readonly scheduler: boolean;
  /** Pods mount the default service account's token, which only ours asks for. */
  readonly token: boolean;
  /** With mode "scale": bursts of these sizes in turn. */
  readonly sizes: readonly number[];
  /** With mode "nodes": so many. */
  readonly nodes: number;
  readonly json?: string;
  readonly html?: string;
  /** Folder for CPU profiles of ours; absent: none are taken. */
  readonly cpuProf?: string;
}

export const BURST_USAGE = `usage: npm run bench -- burst [flags]   a burst of pods beside virtual-kubelet, on one real control plane

  --pods N            pods of a burst (default 300)
  --peers LIST        of lifted, floor, stock: who takes turns with ours (default all; "none")
  --stock-pods N      pods of the stock peer's burst (default --pods, at most 100)
  --rounds N          turns of each, of which the median counts (default 1)
  --warm-up-pods N    pods before each turn, not measured (default 20)
  --scheduler         pods find their node through the scheduler (default: they name it)
  --token             pods mount a service account token, which only ours asks the API server for
  --scale             instead: ours alone, 1000, 2000 and 5000 pods on a node in turn, then the gateway started anew
  --sizes LIST        these sizes instead
  --nodes N           instead: ours alone, N nodes at once with --pods each (default 250)
  --json FILE         write all figures to FILE
  --html FILE         write a report of one page to FILE
  --cpu-prof DIR      write CPU profiles of gateway and provider to DIR`;

const FLAGS = {
  pods: { type: "string" },
  peers: { type: "string" },
  "stock-pods": { type: "string" },
  rounds: { type: "string" },
  "warm-up-pods": { type: "string" },
  scheduler: { type: "boolean" },
  token: { type: "boolean" },
  scale: { type: "boolean" },
  sizes: { type: "string" },
  nodes: { type: "string" },
  json: { type: "string" },
  html: { type: "string" },
  "cpu-prof": { type: "string" },
} as const;

const MOST_PODS = 10_000;
const MOST_NODES = 100;
const STOCK_PODS = 100;
const SIZES = [1_000, 2_000, 5_000];
const PODS = { peers: 300, scale: 300, nodes: 250 } as const;

type Values = ReturnType<typeof parseFlags<typeof FLAGS>>;
type NumberFlag = "pods" | "stock-pods" | "rounds" | "warm-up-pods" | "nodes";

/** Reads the words after `burst`. @throws UsageError */
export function readBurstOptions(words: readonly string[]): BurstOptions {
  const values = parseFlags(words, FLAGS);
  const mode = modeOf(values);
  const pods = toNumber(values, "pods", PODS[mode], [1, MOST_PODS]);
  const { json, html, "cpu-prof": cpuProf } = values;
  return {
    mode,
    pods,
    peers: toPeers(values.peers),
    stockPods: toNumber(values, "stock-pods", Math.min(pods, STOCK_PODS), [1, MOST_PODS]),
    rounds: toNumber(values, "rounds", 1, [1, 20]),
    warmUpPods: toNumber(values, "warm-up-pods", 20, [0, 1_000]),
    scheduler: values.scheduler ?? false,
    token: values.token ?? false,
    sizes: toSizes(values.sizes),
    nodes: toNumber(values, "nodes", 1, [1, MOST_NODES]),
    ...(json === undefined ? {} : { json }),
    ...(html === undefined ? {} : { html }),
    ...(cpuProf === undefined ? {} : { cpuProf }),
  };
}

function modeOf({ scale, sizes, nodes, peers }: Values): BurstMode {
  const isScale = scale === true || sizes !== undefined;
  if (isScale && nodes !== undefined) throw new UsageError("--scale and --nodes are two runs: give one of them");
  if (!isScale && nodes === undefined) return "peers";
  if (peers !== undefined) throw new UsageError("--peers goes neither with --scale nor with --nodes: ours runs alone");
  return isScale ? "scale" : "nodes";
}

function toPeers(text: string | undefined): readonly PeerName[] {
  if (text === undefined) return PEERS;
  if (text === "none") return [];
  return text.split(",").map((word) => {
    const peer = PEERS.find((name) => name === word);
    if (peer === undefined) throw new UsageError(`--peers: there is no "${word}", only ${PEERS.join(", ")}`);
    return peer;
  });
}

function toSizes(text: string | undefined): readonly number[] {
  return text?.split(",").map((word) => wholeNumber("sizes", word, [1, MOST_PODS])) ?? SIZES;
}

function toNumber(values: Values, name: NumberFlag, fallback: number, range: Range): number {
  const text = values[name];
  return text === undefined ? fallback : wholeNumber(name, text, range);
}
