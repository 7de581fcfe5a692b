// The peer, virtual-kubelet, as Go programs: its own command as it is published, and a small main of ours on its library.

import { join } from "node:path";
import { ensureGoProgram, type GoProgram } from "@outboard/devcluster";

const MODULE = join(import.meta.dirname, "..", "..", "components", "virtual-kubelet");
export const PEER_VERSION = "v1.14.1";
/** Raised whenever our main changes, so that a kept build of before is not used. */
const LIFTED_REVISION = 1;

export const STOCK: GoProgram = {
  name: "virtual-kubelet",
  version: PEER_VERSION,
  module: MODULE,
  package: "github.com/virtual-kubelet/virtual-kubelet/cmd/virtual-kubelet",
};

export const LIFTED: GoProgram = {
  name: "virtual-kubelet-lifted",
  version: `${PEER_VERSION}-${LIFTED_REVISION}`,
  module: MODULE,
  package: "./lifted",
};

export interface PeerBuild {
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The paths of those that are asked for, built into the cache when they are not there. */
export async function ensurePeers(
  programs: readonly GoProgram[],
  build: PeerBuild,
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  for (const program of programs) paths.set(program.name, await ensureGoProgram(program, build));
  return paths;
}
