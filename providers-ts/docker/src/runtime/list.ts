/** Everything of the owner's pods, as the engine has it now. */
import type { Owner, RuntimeContainer, RuntimePod } from "@outboard/provider-sdk";
import type { ContainerInspect } from "../api/objects.js";
import { imageIdOf, referenceOf, type Images } from "../images/images.js";
import { hasEnded, type Instances, isUnstarted, type Known, toExit } from "./instances.js";
import { isInfra, lastInfra, toSandbox } from "./pods.js";
import { toStarted } from "./start.js";

/** Rejects when the engine cannot be asked. */
export async function listPods(instances: Instances, images: Images, owner: Owner): Promise<readonly RuntimePod[]> {
  const all = await instances.query(owner);
  const byPod = Map.groupBy(all, ({ identity }) => identity.uid);
  return await Promise.all([...byPod].map(([uid, known]) => describePod(uid, known, { instances, images })));
}

interface ListTools {
  readonly instances: Instances;
  readonly images: Images;
}

async function describePod(uid: string, all: readonly Known[], tools: ListTools): Promise<RuntimePod> {
  const infra = lastInfra(all);
  const found = infra === undefined ? undefined : await tools.instances.inspect(infra.id);
  const members = all.filter((known) => !isInfra(known));
  const containers = await Promise.all(members.map((known) => describeContainer(known, tools)));
  return {
    uid,
    sandbox: found === undefined ? undefined : toSandbox(found),
    sandboxReady: found?.State.Running === true,
    containers: containers.filter((one) => one !== undefined),
  };
}

/** The log of one that has ended is complete before it is shown so. */
async function describeContainer(known: Known, tools: ListTools): Promise<RuntimeContainer | undefined> {
  const { instances, images } = tools;
  await instances.settle(known.id);
  const found = await instances.inspect(known.id);
  if (found === undefined || isUnstarted(found.State.Status)) return undefined;
  const { uid, container, attempt } = known.identity;
  const exit = hasEnded(found.State) ? { exit: toExit(found.State) } : {};
  return { ...toStarted(found, await idOfImage(found, known, images)), uid, name: container, attempt, ...exit };
}

/** By the name in the pod, where that still means the same image. */
async function idOfImage(found: ContainerInspect, { identity }: Known, images: Images): Promise<string> {
  const image = await images.find(identity.image);
  return image?.Id === found.Image ? imageIdOf(image, referenceOf(identity.image).repository) : found.Image;
}
