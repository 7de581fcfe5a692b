/** Ids of a machine that does not exist: the same for the same node of the same cluster, whoever computes them. */
import { createHash } from "node:crypto";

/** 32 hexadecimal digits. */
export function stableId(clusterId: string, node: string, purpose: string): string {
  return createHash("sha256")
    .update(JSON.stringify([clusterId, node, purpose]))
    .digest("hex")
    .slice(0, 32);
}
