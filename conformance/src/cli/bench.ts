/** `bench`: latencies of a few calls. */
import { EXIT, type ExitCode } from "../suite/outcome.js";
import type { RunArguments } from "./arguments.js";
import type { Context } from "./context.js";
import { openWorld } from "./open-world.js";

const CALLS = 200;

/** Prints percentiles by method, as JSON. */
export async function benchCommand(args: RunArguments, { folder, signal, print }: Context): Promise<ExitCode> {
  await using opened = await openWorld(args, folder, signal);
  const { world } = opened;
  const { node, pods } = world.clients(() => {});
  for (let count = 0; count < CALLS; count += 1) {
    await node.getNode({}, world.call(signal));
    await pods.getPod({ uid: "no-such-pod" }, world.call(signal)).catch(() => {});
  }
  const figures = [...world.latencies].map(([method, samples]) => {
    const sorted = [...samples].sort((one, two) => one - two);
    const at = (share: number) => Number((sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(2));
    return { method, samples: sorted.length, p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99) };
  });
  print(JSON.stringify(figures, undefined, 2));
  return EXIT.ok;
}
