// What a series runs on: a runtime with its images, our node on it, and the runtime without us. In an enclosure.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Cluster, findGoProgram } from "@outboard/devcluster";
import { NODE_ADDRESS, PAUSE_IMAGE, type Registry, startContainerd, startDockerd } from "@outboard/runtimes";
import { nodeReady } from "../rig.js";
import { type Node, startNode } from "../streams/programs.js";
import type { Bare } from "./bare.js";
import { openBareApi, openBareCrictl } from "./bare-cri.js";
import { openBareDocker } from "./bare-docker.js";
import { CRICTL } from "./crictl.js";
import { MOST_PODS, type RuntimeName, type StartOptions } from "./options.js";
import type { OurNode } from "./our-turn.js";
import { watchProvider } from "./provider-watch.js";

export interface Place extends Pick<StartOptions, "cpuProf"> {
  readonly cluster: Cluster;
  readonly registry: Registry;
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface Ground extends AsyncDisposable {
  readonly version: string;
  readonly bares: readonly Bare[];
  readonly node: OurNode;
}

interface Runtime {
  readonly version: string;
  readonly bares: readonly Bare[];
  readonly providerArgs: readonly string[];
}

export async function openGround(name: RuntimeName, place: Place): Promise<Ground> {
  const opened: AsyncDisposable[] = [];
  const close = async (): Promise<void> => {
    for (const part of opened.splice(0).toReversed()) await part[Symbol.asyncDispose]();
  };
  try {
    const { version, bares, providerArgs } = await (name === "cri" ? openCri : openDocker)(place, opened);
    const node = await openNode(name, { place, opened, providerArgs });
    return { version, bares, node, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openCri({ registry, folder, signal }: Place, opened: AsyncDisposable[]): Promise<Runtime> {
  const containerd = await startContainerd({ version: "v2", registry });
  opened.push(containerd);
  await containerd.pull(PAUSE_IMAGE);
  const own = join(folder, "bare");
  mkdirSync(own, { recursive: true });
  const { endpoint } = containerd;
  const place = { endpoint, folder: own, image: PAUSE_IMAGE, signal };
  const bares = [openBareCrictl(findGoProgram(CRICTL) ?? CRICTL.name, place), openBareApi(place)];
  opened.push(...bares.map(closing));
  const providerArgs = ["--cri-socket", endpoint, "--node-ip", NODE_ADDRESS, "--max-pods", String(MOST_PODS)];
  return { version: `containerd ${containerd.versionText}`, bares, providerArgs };
}

async function openDocker({ registry }: Place, opened: AsyncDisposable[]): Promise<Runtime> {
  const docker = await startDockerd({ registry });
  opened.push(docker);
  await docker.command("pull", "--quiet", PAUSE_IMAGE);
  const bare = openBareDocker(docker.socket, PAUSE_IMAGE);
  opened.push(closing(bare));
  const version = (await docker.command("version", "--format", "{{.Server.Version}}")).trim();
  const own = ["--infra-image", PAUSE_IMAGE, "--max-pods", String(MOST_PODS)];
  return { version: `dockerd ${version}`, bares: [bare], providerArgs: ["--docker-socket", docker.socket, ...own] };
}

interface NodeParts {
  readonly place: Place;
  readonly opened: AsyncDisposable[];
  readonly providerArgs: readonly string[];
}

async function openNode(name: RuntimeName, { place, opened, providerArgs }: NodeParts): Promise<OurNode> {
  const { cluster, signal } = place;
  const { api } = cluster;
  const started: Node = await startNode(name, { ...place, opened, providerArgs });
  const { nodeName, socket, check } = started;
  await nodeReady({ api, check }, nodeName, signal);
  const provider = await watchProvider(socket);
  opened.push(provider);
  return { api, nodeName, image: PAUSE_IMAGE, provider, check, signal };
}

function closing(part: Disposable): AsyncDisposable {
  return { [Symbol.asyncDispose]: async () => part[Symbol.dispose]() };
}
