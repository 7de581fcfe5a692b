// `npm run demo [-- --cluster]`: shows what Outboard does and ends by itself; exit 0 only if all was as expected.

import { DevclusterError } from "@outboard/devcluster";
import { clusterDemo } from "./cluster-demo.js";
import { DemoFailure } from "./expect.js";
import { createScreen } from "./screen.js";
import { standaloneDemo } from "./standalone-demo.js";

const USAGE = `usage: npm run demo             pods on a virtual node without a cluster
       npm run demo -- --cluster  the same on a real local control plane`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const unknown = args.filter((word) => word !== "--cluster");
  if (unknown.length > 0) {
    console.error(`demo: unknown argument ${unknown.join(" ")}\n${USAGE}`);
    return 2;
  }
  const coloured = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
  const screen = createScreen((line) => console.log(line), coloured);
  const started = performance.now();
  try {
    await (args.includes("--cluster") ? clusterDemo : standaloneDemo)(screen, interruptSignal());
    screen.success(`\ndemo: everything as expected, in ${((performance.now() - started) / 1000).toFixed(0)} s`);
    return 0;
  } catch (error) {
    screen.failure(`\ndemo: ${explain(error)}`);
    return 1;
  }
}

function explain(error: unknown): string {
  if (error instanceof DemoFailure || error instanceof DevclusterError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => controller.abort(new DemoFailure("interrupted; everything it started is stopped")));
  }
  return controller.signal;
}
