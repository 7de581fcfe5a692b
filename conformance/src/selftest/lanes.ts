/** Several providers side by side, each with its own process and folder, so that what waits does not hold up the rest. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import type { RunArguments } from "../cli/arguments.js";
import { type OpenWorld, openWorld } from "../cli/open-world.js";
import { readKit } from "../suite/kit.js";
import type { World } from "../suite/world.js";
import { commandOf, type Launch } from "./launch.js";

/** One provider with its folder. */
export interface Lane {
  readonly world: World;
  readonly folder: string;
}

/** Opens so many, or one where the provider is not launched by us on a socket of ours; gives them to `use`, then ends them. */
// oxlint-disable-next-line max-params -- the place, the number, the end, and what to do
export async function withLanes(
  args: RunArguments,
  folder: string,
  wanted: number,
  signal: AbortSignal,
  use: (lanes: readonly Lane[]) => Promise<void>,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const count = canLaunch(args, folder) ? Math.max(1, wanted) : 1;
  const lanes: Lane[] = [];
  for (let at = 0; at < count; at += 1) {
    const own = path.join(folder, `lane-${at}`);
    mkdirSync(own, { mode: 0o700 });
    const placed = canLaunch(args, folder) ? { ...args, address: socketIn(own) } : args;
    lanes.push({ world: stack.use(await openWorld(placed, own, signal)).world, folder: own });
  }
  await use(lanes);
}

/** Does each piece of work in the first lane that is free. */
export async function inLanes<Work>(
  lanes: readonly Lane[],
  works: readonly Work[],
  signal: AbortSignal,
  run: (work: Work, lane: Lane) => Promise<void>,
): Promise<void> {
  const queue = [...works];
  await Promise.all(
    lanes.map(async (lane) => {
      for (let next = queue.shift(); next !== undefined && !signal.aborted; next = queue.shift()) await run(next, lane);
    }),
  );
}

/** Launches a provider with a fault in a folder of its own; undefined where we do not launch, or the kit does not know how. */
export function openingIn(
  args: RunArguments,
  folder: string,
  signal: AbortSignal,
): (launch: Launch, scale: number) => Promise<OpenWorld | undefined> {
  return async (launch, scale) => {
    const argv = args.launch === undefined ? undefined : commandOf(launch, args.launch, readKit(args.kitFile));
    if (argv === undefined || args.address.kind !== "unix") return undefined;
    const own = mkdtempSync(path.join(folder, "own-"));
    const opened = await openWorld({ ...args, launch: argv, address: socketIn(own), scale }, own, signal);
    return {
      world: opened.world,
      [Symbol.asyncDispose]: async () => {
        await opened[Symbol.asyncDispose]();
        rmSync(own, { recursive: true, force: true });
      },
    };
  };
}

function canLaunch({ launch, address }: RunArguments, folder: string): boolean {
  return launch !== undefined && address.kind === "unix" && address.path.startsWith(`${folder}${path.sep}`);
}

function socketIn(folder: string): { readonly kind: "unix"; readonly path: string } {
  return { kind: "unix", path: path.join(folder, "p.sock") };
}
