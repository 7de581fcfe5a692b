/** Everything of the owner's pods, as the engine has it now. */
import type { Clock, Owner, RuntimeContainer, RuntimePod, Sandbox } from "@outboard/provider-sdk";
import type { ContainerInspect } from "../api/objects.js";
import { imageIdOf, referenceOf, type Images } from "../images/images.js";
import { hasEnded, isListedUnstarted, isUnstarted, toExit } from "./container-state.js";
import type { Instances, Known, Listed } from "./instances.js";
import { unlessLate } from "./patience.js";
import { isInfra, lastInfra, toSandbox } from "./pods.js";
import { toMounts, toStarted } from "./start.js";

export interface ListTools {
  readonly instances: Instances;
  readonly images: Images;
  readonly clock: Clock;
}

/** Rejects when the engine cannot be asked. One that does not answer for a container is believed what it listed. */
export async function listPods(tools: ListTools, owner: Owner): Promise<readonly RuntimePod[]> {
  const all = await tools.instances.query(owner);
  const byPod = Map.groupBy(all, ({ identity }) => identity.uid);
  return await Promise.all([...byPod].map(([uid, listed]) => describePod(uid, listed, tools)));
}

async function describePod(uid: string, all: readonly Listed[], tools: ListTools): Promise<RuntimePod> {
  const infra = await describeInfra(lastInfra(all), tools);
  const members = all.filter(
    (one) => !isInfra(one) && (tools.instances.isKnown(one.id) || !isListedUnstarted(one.summary)),
  );
  const containers = await Promise.all(
    members.map(
      async (listed) => (await unlessLate(tools.clock, describeContainer(listed, tools))) ?? listedOnly(listed),
    ),
  );
  return { uid, ...infra, containers: containers.filter((one) => one !== "gone") };
}

interface Infra {
  readonly sandbox: Sandbox | undefined;
  readonly sandboxReady: boolean;
}

async function describeInfra(listed: Listed | undefined, { instances, clock }: ListTools): Promise<Infra> {
  if (listed === undefined || isListedUnstarted(listed.summary)) return { sandbox: undefined, sandboxReady: false };
  const look = instances.inspect(listed.id).then((found) => found ?? "gone");
  const found = await unlessLate(clock, look);
  if (found === "gone") return { sandbox: undefined, sandboxReady: false };
  const isRunning = found === undefined ? listed.summary.State === "running" : found.State.Running;
  return { sandbox: toSandbox(found ?? listed.summary), sandboxReady: isRunning };
}

/** The log of one that has ended is complete before it is shown so. */
async function describeContainer(known: Known, { instances, images }: ListTools): Promise<RuntimeContainer | "gone"> {
  await instances.settle(known.id);
  const found = await instances.inspect(known.id);
  if (found === undefined || isUnstarted(found.State)) return "gone";
  const { uid, container, attempt } = known.identity;
  const exit = hasEnded(found.State) ? { exit: instances.exitOf(known.id) ?? toExit(found.State) } : {};
  return { ...toStarted(found, await idOfImage(found, known, images)), uid, name: container, attempt, ...exit };
}

/** How it ended, if it has, is told once the engine says it. */
function listedOnly({ id, identity, summary }: Listed): RuntimeContainer {
  const { uid, container, attempt, image } = identity;
  const startedAt = typeof summary.Created === "number" ? summary.Created * 1000 : 0;
  const mounts = toMounts(summary.Labels);
  return { id, uid, name: container, attempt, startedAt, image, imageId: summary.ImageID ?? "", mounts };
}

/** By the name in the pod, where that still means the same image. */
async function idOfImage(found: ContainerInspect, { identity }: Known, images: Images): Promise<string> {
  const image = await images.find(identity.image);
  return image?.Id === found.Image ? imageIdOf(image, referenceOf(identity.image).repository) : found.Image;
}
