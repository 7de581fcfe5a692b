// What a series runs on: a runtime with its images, our node on it, and the runtime without us. In an enclosure.

import { join } from "node:path";
import { type Cluster, findGoProgram } from "@outboard/devcluster";
import { NODE_ADDRESS, PAUSE_IMAGE, type Registry, startContainerd, startDockerd } from "@outboard/runtimes";
import { openAuditLog } from "../audit-log.js";
import { nodeReady } from "../rig.js";
import { type Node, startNode } from "../streams/programs.js";
import type { Bare } from "./bare.js";
import { openBareApi, openBareCrictl } from "./bare-cri.js";
import { bareDocker, openEngine } from "./bare-docker.js";
import { openCrictl, readCriTemplate } from "./cri-template.js";
import { CRICTL } from "./crictl.js";
import { readDockerTemplate } from "./docker-template.js";
import { MOST_PODS, type RuntimeName, type StartOptions } from "./options.js";
import { type OurNode, withPods } from "./our-turn.js";
import { watchProvider } from "./provider-watch.js";

export interface Place extends Pick<StartOptions, "cpuProf"> {
  readonly cluster: Cluster;
  /** Of the API server. */
  readonly auditLog: string;
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
  readonly providerArgs: readonly string[];
  /** While one pod of ours runs, from which the bare ones learn what to ask for. */
  readonly bares: () => Promise<readonly Bare[]>;
}

export async function openGround(name: RuntimeName, place: Place): Promise<Ground> {
  const opened: AsyncDisposable[] = [];
  const close = async (): Promise<void> => {
    for (const part of opened.splice(0).toReversed()) await part[Symbol.asyncDispose]();
  };
  try {
    const { version, bares, providerArgs } = await (name === "cri" ? openCri : openDocker)(place, opened);
    const node = await openNode(name, { place, opened, providerArgs });
    const learnt = await withPods(node, [`${name}-template`], bares);
    return { version, bares: learnt, node, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openCri({ registry, folder, signal }: Place, opened: AsyncDisposable[]): Promise<Runtime> {
  const containerd = await startContainerd({ version: "v2", registry });
  opened.push(containerd);
  await containerd.pull(PAUSE_IMAGE);
  const { endpoint } = containerd;
  const crictl = openCrictl(findGoProgram(CRICTL) ?? CRICTL.name, endpoint, signal);
  const bares = async (): Promise<readonly Bare[]> => {
    const own = join(folder, "bare-cri");
    const template = await readCriTemplate(crictl, join(own, "files"));
    const place = { endpoint, crictl, folder: own, template, signal };
    const both = [openBareCrictl(place), openBareApi(place)];
    opened.push(...both.map(closing));
    return both;
  };
  const providerArgs = ["--cri-socket", endpoint, "--node-ip", NODE_ADDRESS, "--max-pods", String(MOST_PODS)];
  return { version: `containerd ${containerd.versionText}`, bares, providerArgs };
}

async function openDocker({ registry, folder }: Place, opened: AsyncDisposable[]): Promise<Runtime> {
  const docker = await startDockerd({ registry });
  opened.push(docker);
  await docker.command("pull", "--quiet", PAUSE_IMAGE);
  const engine = openEngine(docker.socket);
  opened.push(closing(engine));
  const version = (await docker.command("version", "--format", "{{.Server.Version}}")).trim();
  const bares = async (): Promise<readonly Bare[]> => [
    bareDocker(engine, await readDockerTemplate(engine.ask, join(folder, "bare-docker"))),
  ];
  const own = ["--infra-image", PAUSE_IMAGE, "--max-pods", String(MOST_PODS)];
  return { version: `dockerd ${version}`, bares, providerArgs: ["--docker-socket", docker.socket, ...own] };
}

interface NodeParts {
  readonly place: Place;
  readonly opened: AsyncDisposable[];
  readonly providerArgs: readonly string[];
}

async function openNode(name: RuntimeName, { place, opened, providerArgs }: NodeParts): Promise<OurNode> {
  const { cluster, auditLog, signal } = place;
  const { api } = cluster;
  const started: Node = await startNode(name, { ...place, opened, providerArgs });
  const { nodeName, socket, check } = started;
  await nodeReady({ api, check }, nodeName, signal);
  const provider = await watchProvider(socket);
  opened.push(provider);
  const requests = openAuditLog(auditLog, `system:node:${nodeName}`);
  return { api, nodeName, image: PAUSE_IMAGE, provider, requests, check, signal };
}

function closing(part: Disposable): AsyncDisposable {
  return { [Symbol.asyncDispose]: async () => part[Symbol.dispose]() };
}
