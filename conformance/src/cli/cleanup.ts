/** `cleanup`: ends and releases every pod that runs of this suite left behind. */
import { StopReason } from "@outboard/contract";
import { EXIT, type ExitCode } from "../suite/outcome.js";
import { pause } from "../suite/pause.js";
import type { World } from "../suite/world.js";
import type { RunArguments } from "./arguments.js";
import type { Context } from "./context.js";
import { openWorld } from "./open-world.js";

const NAMESPACES: readonly string[] = ["conformance", "conf-space"];
const LIMIT_MS = 60_000;

/** Cleans up; exit code 7 when something is left. */
export async function cleanupCommand(args: RunArguments, { folder, signal, print }: Context): Promise<ExitCode> {
  await using opened = await openWorld(args, folder, signal);
  const { world } = opened;
  const { pods } = world.clients(() => {});
  const until = Date.now() + LIMIT_MS;
  const found = new Set<string>();
  for (;;) {
    const left = await leftPods(world, signal);
    if (left.length === 0 || Date.now() > until) {
      print(`${found.size} pods found, ${left.length} are left`);
      return left.length === 0 ? EXIT.ok : EXIT.leak;
    }
    for (const uid of left) {
      found.add(uid);
      await pods.stopPod({ uid, graceSeconds: 0, reason: StopReason.ORPHAN }, world.call(signal)).catch(() => {});
      await pods.releasePod({ uid }, world.call(signal)).catch(() => {});
    }
    await pause(200, signal);
  }
}

async function leftPods(world: World, signal: AbortSignal): Promise<readonly string[]> {
  const left: string[] = [];
  for await (const { event } of world.clients(() => {}).pods.watchPods({ snapshotOnly: true }, world.call(signal))) {
    if (event?.$case === "observation" && NAMESPACES.includes(event.value.namespace)) left.push(event.value.uid);
  }
  return left;
}
