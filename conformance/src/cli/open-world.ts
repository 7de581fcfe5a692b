/** From arguments to a world: the process if it is ours, the session, the control service if there is one. */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { BackendState, formatAddress } from "@outboard/contract";
import { fill, readKit } from "../suite/kit.js";
import { ProviderProcess } from "../suite/provider-process.js";
import { Unreachable, World } from "../suite/world.js";
import type { RunArguments } from "./arguments.js";
import { asUsage } from "./usage-error.js";

/** A world that is open; disposing of it ends its process. */
export interface OpenWorld extends AsyncDisposable {
  readonly world: World;
}

const END_LIMIT_MS = 15_000;

/** Opens it. @throws Unreachable */
export async function openWorld(args: RunArguments, folder: string, signal: AbortSignal): Promise<OpenWorld> {
  const kit = asUsage(`--kit: ${args.kitFile}`, () => readKit(args.kitFile));
  const process = launch(args, folder);
  const world = new World({
    address: args.address,
    ...(args.security === undefined ? {} : { security: args.security }),
    kit,
    clusterId: args.clusterId,
    nodeName: args.nodeName,
    scale: args.scale,
    ...(process === undefined ? {} : { process }),
  });
  const close = async () => {
    world.close();
    await process?.end("SIGTERM", END_LIMIT_MS).catch(() => {});
    process?.killRest();
  };
  try {
    await world.takeSession(signal);
    world.hasControl = await hasControl(world, signal);
  } catch (error) {
    await close();
    const { reason } = process?.lost ?? {};
    if (!(reason instanceof Error) || signal.aborted) throw error;
    throw new Unreachable(reason.message, { cause: error });
  }
  return { world, [Symbol.asyncDispose]: close };
}

function launch({ launch: argv, launchEnv, address }: RunArguments, folder: string): ProviderProcess | undefined {
  if (argv === undefined) return undefined;
  const endpoint = formatAddress(address);
  const dir = path.join(folder, "state");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const filled = argv.map((part) => fill(part, { endpoint, dir }));
  const hasEndpoint = argv.some((part) => part.includes("{endpoint}"));
  const process = new ProviderProcess(hasEndpoint ? filled : [...filled, "--listen", endpoint], launchEnv);
  process.start();
  return process;
}

/** Asks for the state that holds anyway; a provider without the service says UNIMPLEMENTED. */
async function hasControl(world: World, signal: AbortSignal): Promise<boolean> {
  const { control } = world.clients(() => {});
  return await control.setBackend({ state: BackendState.UP }, { signal, deadlineMs: 5_000 }).then(
    () => true,
    () => false,
  );
}
