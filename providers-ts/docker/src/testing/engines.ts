/** The same tests for each engine that speaks the Docker API: a real dockerd and a real podman, with a registry. */
import {
  describeEnclosed,
  type DockerRuntime as Engine,
  findTestImages,
  type Registry,
  startDockerd,
  startPodman,
  startRegistry,
} from "@outboard/runtimes";
import { World } from "./world.js";

export type EngineName = "docker" | "podman";

/** What a test gets, filled before it runs. */
export interface Stage {
  readonly name: EngineName;
  readonly world: World;
  readonly engine: Engine;
}

const STARTS = { docker: startDockerd, podman: startPodman } as const;

export function describeEngines(title: string, file: string, declare: (stage: Stage) => void): void {
  describeEnclosed({ title, file, needs: ["dockerd", "podman", "images"] }, () => {
    for (const name of ["docker", "podman"] as const) describeOn(name, declare);
  });
}

/** The same for tests of what one engine alone does. */
export function describeEngine(name: EngineName, title: string, file: string, declare: (stage: Stage) => void): void {
  const needs = name === "docker" ? (["dockerd", "images"] as const) : (["podman", "images"] as const);
  describeEnclosed({ title, file, needs }, () => describeOn(name, declare));
}

function describeOn(name: EngineName, declare: (stage: Stage) => void): void {
  describe(name, function () {
    this.timeout(60_000);
    const { stage, close } = prepare(name);
    declare(stage);
    // After the hooks of the tests: it ends everything that names its folder.
    after(close);
  });
}

function prepare(name: EngineName): { readonly stage: Stage; readonly close: () => Promise<void> } {
  let registry: Registry | undefined;
  let engine: Engine | undefined;
  let world: World | undefined;
  before(async () => {
    registry = await startRegistry({ store: findTestImages() ?? "" });
    engine = await STARTS[name]({ registry });
    world = await World.open(engine);
  });
  const stage: Stage = {
    name,
    get world() {
      return started(world);
    },
    get engine() {
      return started(engine);
    },
  };
  const close = async (): Promise<void> => {
    await world?.[Symbol.asyncDispose]();
    await engine?.close();
    await registry?.[Symbol.asyncDispose]();
  };
  return { stage, close };
}

function started<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("the engine has not started");
  return value;
}
