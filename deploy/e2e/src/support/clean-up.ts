// The end of a world: pods deleted in order by a running gateway and provider, then processes, then objects.
// What a test killed is started once more for that, so that the backend frees what the pods hold.
// Never throws for what a test broke on purpose; what outlives the provider is ended and named.

import { endLeftovers, eventually, isNotFound } from "@outboard/devcluster";
import { leasePath } from "./node-ready.js";
import type { World } from "./world.js";

const PODS_GONE_MS = 15_000;
const STOP_GRACE_MS = 5_000;

export async function cleanUp(world: World): Promise<void> {
  world.provider.thaw();
  world.gateway.thaw();
  await deletePods(world).catch(async (error: unknown) => {
    complain(world, "deleting its pods", error);
    await world.api.delete(podsPath(world), { query: { gracePeriodSeconds: 0 } }).catch(() => undefined);
  });
  await world.gateway.stop(STOP_GRACE_MS);
  await world.provider.stop(STOP_GRACE_MS);
  for (const { pid, command } of endLeftovers(world.folder)) {
    console.error(`    ended a leftover of ${world.nodeName}: ${pid} ${command.slice(0, 120)}`);
  }
  await deleteObjects(world).catch((error: unknown) => complain(world, "deleting its objects", error));
}

async function deletePods(world: World): Promise<void> {
  await deleteOwners(world);
  if ((await world.api.list(podsPath(world))).items.length === 0) return;
  if (world.provider.pid() === undefined) await world.startProvider();
  if (world.gateway.pid() === undefined) world.gateway.start();
  await world.api.delete(podsPath(world), { query: { gracePeriodSeconds: 1 } });
  const gone = async (): Promise<boolean> => (await world.api.list(podsPath(world))).items.length === 0;
  await eventually(gone, { message: `end of the pods in ${world.namespace}`, timeoutMs: PODS_GONE_MS });
}

function podsPath(world: World): string {
  return `/api/v1/namespaces/${world.namespace}/pods`;
}

/** Controllers would make the pods again. */
async function deleteOwners(world: World): Promise<void> {
  for (const kind of ["apps/v1/deployments", "apps/v1/statefulsets", "apps/v1/daemonsets", "batch/v1/jobs"]) {
    const [group, version, resource] = kind.split("/");
    await world.api.delete(`/apis/${group}/${version}/namespaces/${world.namespace}/${resource}`, {
      query: { propagationPolicy: "Background" },
    });
  }
}

async function deleteObjects(world: World): Promise<void> {
  for (const path of [leasePath(world), `/api/v1/nodes/${world.nodeName}`, `/api/v1/namespaces/${world.namespace}`]) {
    await world.api.delete(path).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
}

function complain(world: World, doing: string, error: unknown): void {
  console.error(`    ${world.nodeName}: ${doing}: ${error instanceof Error ? error.message : String(error)}`);
}
