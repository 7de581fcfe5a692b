// What cells run on: a node with one provider over its runtime, a registry and a runc that can be held, and what was
// there before any pod.

import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "@outboard/devcluster";
import { installRuncGate, NODE_ADDRESS, type RuncGate } from "@outboard/runtimes";
import { inspectBackend } from "../support/backend.js";
import { startWorld, type World } from "../support/world.js";
import { keepsIdleShim } from "./control.js";
import { type Engine, type RuntimeProvider, startEngine } from "./engine.js";
import { type SlowRegistry, startSlowRegistry } from "./slow-registry.js";
import { findTraces } from "./traces.js";

export type Victim = "provider" | "gateway" | "runtime";

export const VICTIMS: readonly Victim[] = ["provider", "gateway", "runtime"];
export const PROVIDERS: readonly RuntimeProvider[] = ["cri", "docker"];

export interface Stage extends AsyncDisposable {
  readonly world: World;
  readonly engine: Engine;
  readonly registry: SlowRegistry;
  readonly runc: RuncGate;
  /** See verdict.ts. */
  readonly runtimeKeepsShim: boolean;
  /** One that was not pulled yet, with a layer of its own. */
  freshImage(): string;
  kill(victim: Victim): Promise<void>;
  /** Answers when the node works again. */
  revive(victim: Victim): Promise<void>;
  /** What is there now and was not when this was last called with "remember". */
  traces(mode?: "remember"): Promise<readonly string[]>;
}

const FRESH_IMAGES = ["kitten:1.8", "nginx:1.27.0-2", "nonewprivs:1.4"].map(
  (name) => `registry.k8s.io/e2e-test-images/${name}`,
);
const BACK_MS = 90_000;

export async function openStage(provider: RuntimeProvider): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const registry = stack.use(await startSlowRegistry());
  const runc = stack.use(installRuncGate());
  const engine = stack.use(await startEngine(provider, registry));
  const runtimeKeepsShim = await keepsIdleShim(engine, runc);
  const { providerArgs } = engine;
  const world = stack.use(await startWorld({ provider, isLasting: true, address: NODE_ADDRESS, providerArgs }));
  const owned = stack.move();
  const images = FRESH_IMAGES.values();
  const places = { engine, stateFolder: join(world.folder, "state") };
  let before: ReadonlySet<string> = new Set();
  return {
    world,
    engine,
    registry,
    runc,
    runtimeKeepsShim,
    freshImage: () => images.next().value ?? "",
    kill: async (victim) => endings(world, engine)[victim](),
    revive: async (victim) => {
      await beginnings(world, engine)[victim]();
      await eventually(async () => /ready/i.test((await inspectBackend(world)).node.state), {
        message: `node of ${provider} working after its ${victim} was killed`,
        timeoutMs: BACK_MS,
      });
    },
    traces: async (mode) => {
      const now = [...(await findTraces(places))];
      if (mode === "remember") before = new Set(now);
      return now.filter((trace) => !before.has(trace));
    },
    [Symbol.asyncDispose]: async () => {
      keepLogs(world, engine);
      await owned.disposeAsync();
    },
  };
}

function endings(world: World, { daemon }: Engine): Readonly<Record<Victim, () => Promise<void>>> {
  return {
    provider: async () => world.killProvider(),
    gateway: async () => world.killGateway(),
    runtime: async () => daemon.kill(),
  };
}

function beginnings(world: World, { daemon }: Engine): Readonly<Record<Victim, () => Promise<void>>> {
  return {
    provider: async () => world.startProvider(),
    gateway: async () => world.startGateway(),
    runtime: async () => daemon.restart(),
  };
}

/** For whoever wants to read them: in the folder of results, where one is named. */
function keepLogs({ gateway, provider }: World, { provider: name, logFile }: Engine): void {
  const folder = process.env["OUTBOARD_E2E_OUT"];
  if (folder === undefined) return;
  copyFileSync(gateway.logFile, join(folder, `${name}-gateway.log`));
  copyFileSync(provider.logFile, join(folder, `${name}-provider.log`));
  copyFileSync(logFile, join(folder, `${name}-runtime.log`));
}
