// Pods that nothing happened to: the very same objects, and the same containers behind them.

import { expect } from "chai";
import type { Pod } from "./objects.js";
import { getPod, instancesOf } from "./pods.js";
import type { World } from "./world.js";

export type Untouched = ReadonlyMap<string, Pod>;

export async function takeNote(world: World, names: readonly string[]): Promise<Untouched> {
  const pods = await Promise.all(names.map(async (name) => [name, await getPod(world, name)] as const));
  return new Map(pods);
}

/** No status was written, nothing was started again. */
export async function expectUntouched(world: World, before: Untouched): Promise<void> {
  for (const [name, pod] of before) {
    const now = await getPod(world, name);
    expect(instancesOf(now), name).to.deep.equal(instancesOf(pod));
    expect(now.status, name).to.deep.equal(pod.status);
    expect(now.metadata.resourceVersion, name).to.equal(pod.metadata.resourceVersion);
  }
}
