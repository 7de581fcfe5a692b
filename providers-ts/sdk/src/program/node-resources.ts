/** What a node offers of its machine, and what of it pods may use: the kubelet's arithmetic. */
import { statfsSync } from "node:fs";
import type { NodeState } from "@outboard/contract";
import { parseBytes } from "../engine/quantity.js";

/** An amount of memory or disk that pods must leave free: bytes, or a share of the whole, from 0 to 1. */
export type KeptFree =
  | { readonly kind: "bytes"; readonly bytes: number }
  | { readonly kind: "share"; readonly share: number };

/** What the machine has. */
export interface MachineAmounts {
  readonly cpuMillis: number;
  readonly memoryBytes: number;
  /** Of the file system that holds volumes and logs; undefined: not known, then none is offered. */
  readonly storageBytes: number | undefined;
  readonly maxPods: number;
}

/** What pods may not use of it. */
export interface HeldBack {
  readonly cpuMillis: number;
  readonly memoryBytes: number;
  readonly freeMemory: KeptFree;
  readonly freeStorage: KeptFree;
}

/** What a kubelet holds back unless told otherwise: 100Mi of memory and a tenth of the disk, so that it need not evict. */
export const KUBELET_HOLDS_BACK: HeldBack = {
  cpuMillis: 0,
  memoryBytes: 0,
  freeMemory: { kind: "bytes", bytes: 100 * 1024 * 1024 },
  freeStorage: { kind: "share", share: 0.1 },
};

/** Capacity and allocatable of a node that is this machine. */
export function nodeResources(has: MachineAmounts, held: HeldBack): Pick<NodeState, "capacity" | "allocatable"> {
  const { cpuMillis, memoryBytes, storageBytes = 0 } = has;
  return {
    capacity: toMap(has),
    allocatable: toMap({
      ...has,
      cpuMillis: left(cpuMillis, held.cpuMillis),
      memoryBytes: left(memoryBytes, held.memoryBytes + bytesOf(held.freeMemory, memoryBytes)),
      storageBytes: has.storageBytes && left(storageBytes, bytesOf(held.freeStorage, storageBytes)),
    }),
  };
}

/** "100Mi" or "10%"; undefined: neither. */
export function parseKeptFree(text: string): KeptFree | undefined {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  if (percent !== undefined) return Number(percent) > 100 ? undefined : { kind: "share", share: Number(percent) / 100 };
  const bytes = parseBytes(text);
  return bytes === undefined ? undefined : { kind: "bytes", bytes };
}

/** Size of the file system that a folder is on, in bytes; undefined: it cannot be asked. */
export function diskSize(folder: string): number | undefined {
  try {
    const { blocks, bsize } = statfsSync(folder);
    return blocks * bsize;
  } catch {
    return undefined;
  }
}

function left(all: number, taken: number): number {
  return Math.max(0, all - taken);
}

/** The kubelet keeps shares as 32-bit numbers, which shows in what is left. */
function bytesOf(kept: KeptFree, all: number): number {
  return kept.kind === "bytes" ? kept.bytes : Math.trunc(all * Math.fround(kept.share));
}

function toMap({ cpuMillis, memoryBytes, storageBytes, maxPods }: MachineAmounts): Map<string, string> {
  const storage: readonly [string, string][] =
    storageBytes === undefined ? [] : [["ephemeral-storage", formatBytes(storageBytes)]];
  return new Map([
    ["cpu", cpuMillis % 1000 === 0 ? String(cpuMillis / 1000) : `${String(cpuMillis)}m`],
    ["memory", formatBytes(memoryBytes)],
    ...storage,
    ["pods", String(maxPods)],
  ]);
}

/** The largest binary unit that leaves a whole number. */
function formatBytes(bytes: number): string {
  const units = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];
  let amount = bytes;
  let unit = 0;
  while (amount !== 0 && amount % 1024 === 0 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${String(amount)}${units[unit] ?? ""}`;
}
