/** The provider's binary: settings, runtime, pod engine. */
import { join } from "node:path";
import { Capability } from "@outboard/contract";
import {
  type BuiltProvider,
  createPodEngine,
  openStateFolder,
  type ProgramTools,
  runProvider,
  type Settings,
} from "@outboard/provider-sdk";
import { Connection } from "./api/connection.js";
import { FLAGS, readDockerSettings } from "./config/settings.js";
import { DockerRuntime } from "./runtime/docker-runtime.js";

await runProvider("docker", buildDocker, process.argv.slice(2), FLAGS);

async function buildDocker(settings: Settings, { log, clock }: ProgramTools): Promise<BuiltProvider> {
  const options = readDockerSettings(settings);
  const state = await openStateFolder("docker", options.state);
  const tmpfs = await state.tmpfs();
  const isPodman = await asksPodman(options.socketPath);
  const engine = createPodEngine(new DockerRuntime({ ...options, state: state.path, clock }), {
    logger: log,
    clock,
    stateFolder: join(state.path, "engine"),
    ...(isPodman ? { withhold: { capabilities: [Capability.UPDATE_RESOURCES] } } : {}),
    ...(state.inputsFolder === undefined ? {} : { inputsFolder: state.inputsFolder }),
    ...(tmpfs === undefined ? {} : { tmpfs }),
  });
  return state.withOwner(engine);
}

/** Podman's Docker API cannot change limits. An engine that is away is taken for Docker: a change then fails in words. */
async function asksPodman(socketPath: string): Promise<boolean> {
  const connection = new Connection(socketPath);
  await connection.negotiate().catch(() => {}); // the node will say so
  connection.close();
  return connection.isPodman;
}
