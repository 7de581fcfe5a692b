// What a world waits for: the provider's socket, the node's readiness by a fresh lease, a usable namespace.

import { existsSync } from "node:fs";
import { eventually } from "@outboard/devcluster";
import { conditionOf, type Lease, type Node } from "./objects.js";
import type { World } from "./world.js";

const TIMEOUT_MS = 45_000;

/** A killed gateway's node stays Ready for a while: only a lease renewed after `since` shows the new process. */
export async function nodeReady(world: World, since: Date): Promise<void> {
  const probe = async (): Promise<boolean> => {
    const node = await world.api.get<Node>(`/api/v1/nodes/${world.nodeName}`);
    const lease = await world.api.get<Lease>(leasePath(world));
    const renewed = new Date(lease.spec?.renewTime ?? 0) >= since;
    return renewed && conditionOf(node, "Ready")?.status === "True";
  };
  await whileRunning(world, probe, `node ${world.nodeName} Ready`);
}

export async function socketThere(world: World): Promise<void> {
  const message = "the provider's socket";
  await eventually(
    () => {
      if (world.provider.pid() === undefined) return "ended" as const;
      return existsSync(world.socket) ? "there" : undefined;
    },
    { message, timeoutMs: TIMEOUT_MS, intervalMs: 30 },
  );
  world.provider.expectRunning();
}

export async function namespaceUsable(world: World): Promise<void> {
  const base = `/api/v1/namespaces/${world.namespace}`;
  const probe = async (): Promise<boolean> => {
    await world.api.get(`${base}/serviceaccounts/default`);
    await world.api.get(`${base}/configmaps/kube-root-ca.crt`);
    return true;
  };
  await eventually(probe, { message: `default service account of ${world.namespace}`, timeoutMs: TIMEOUT_MS });
}

export function leasePath(world: Pick<World, "nodeName">): string {
  return `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${world.nodeName}`;
}

/** Stops waiting as soon as the gateway or the provider has ended, and says how. */
async function whileRunning(world: World, probe: () => Promise<boolean>, message: string): Promise<void> {
  const ended = (): boolean => world.gateway.pid() === undefined || world.provider.pid() === undefined;
  await eventually(async () => ended() || probe(), { message, timeoutMs: TIMEOUT_MS });
  world.gateway.expectRunning();
  world.provider.expectRunning();
}
