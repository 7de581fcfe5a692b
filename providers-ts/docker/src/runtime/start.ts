/** Starts one instance: create, start, and what its status shows. */
import type { VolumeMountStatus } from "@outboard/contract";
import { type ContainerSpec, type Owner, RuntimeError, type StartedContainer } from "@outboard/provider-sdk";
import type { Connection } from "../api/connection.js";
import { EngineError, isConflict } from "../api/errors.js";
import type { ContainerInspect } from "../api/objects.js";
import { imageIdOf, referenceOf, type Images } from "../images/images.js";
import { containerBody } from "../plan/container.js";
import { containerLabels, containerName, readIdentity, readVolumes } from "../plan/labels.js";
import { parseTime } from "../plan/times.js";
import { idsOf } from "./exec-process.js";
import { isUnstarted } from "./container-state.js";
import type { Instances } from "./instances.js";
import type { Pods } from "./pods.js";

export interface StartTools {
  readonly connection: Connection;
  readonly instances: Instances;
  readonly images: Images;
  readonly pods: Pods;
  readonly pidsLimit: number | undefined;
  readonly owner: Owner;
}

/** Rejects with a RuntimeError, leaving nothing behind unless the engine did not answer. */
export async function startInstance(spec: ContainerSpec, tools: StartTools): Promise<StartedContainer> {
  const { instances, images, pods } = tools;
  const { facts } = await pods.infra(spec.uid);
  const image = await images.find(spec.image);
  if (image === undefined) throw new RuntimeError("CreateContainerError", `image "${spec.image}" is not there`);
  const body = containerBody(spec, {
    owner: tools.owner,
    infra: facts,
    image: referenceOf(spec.image).name,
    imageUser: image.Config?.User ?? "",
    pidsLimit: tools.pidsLimit,
    isPodman: tools.connection.isPodman,
  });
  const name = containerName(spec, facts.identity);
  const made = await createOrFind(name, body, tools);
  const { id, isStarted } = made;
  const identity = readIdentity(made.labels ?? containerLabels(spec, facts.identity, tools.owner));
  if (identity === undefined) throw new RuntimeError("CreateContainerError", "the container was removed at once");
  if (!isStarted) await startOrRemove(id, tools);
  const found = await instances.track({ id, identity });
  if (found === undefined) throw new RuntimeError("CreateContainerError", "the container was removed at once");
  return { ...toStarted(found, imageIdOf(image, referenceOf(spec.image).repository)), ...resourcesOf(spec) };
}

/** What statuses show of an instance that has started. */
export function toStarted(found: ContainerInspect, imageId: string): StartedContainer {
  const { Id, State, Config } = found;
  const user = idsOf(State.Pid, Id);
  return {
    id: Id,
    startedAt: parseTime(State.StartedAt) ?? 0,
    image: readIdentity(Config.Labels)?.image ?? Config.Image,
    imageId,
    ...(user === undefined ? {} : { user }),
    mounts: toMounts(Config.Labels),
  };
}

export function toMounts(labels: Parameters<typeof readVolumes>[0]): readonly VolumeMountStatus[] {
  return readVolumes(labels).map(([name, mountPath, readOnly]) => ({
    name,
    mountPath,
    readOnly,
    recursiveReadOnly: readOnly ? "Disabled" : "",
  }));
}

function resourcesOf({ resources }: ContainerSpec): Pick<StartedContainer, "resources"> {
  return resources === undefined ? {} : { resources };
}

interface Made {
  readonly id: string;
  readonly isStarted: boolean;
  /** Of one that was found. */
  readonly labels?: Readonly<Record<string, string>> | null | undefined;
}

/** A name that is taken is this instance, from a call whose answer was lost: started it counts, else it goes. */
async function createOrFind(name: string, body: unknown, { connection, instances, pods }: StartTools): Promise<Made> {
  const path = `/containers/create?${new URLSearchParams({ name }).toString()}`;
  const create = async (): Promise<Made> => {
    const { Id } = await connection.json<{ readonly Id: string }>({ method: "POST", path, body });
    return { id: Id, isStarted: false };
  };
  try {
    return await create();
  } catch (error) {
    if (!isConflict(error)) throw failedCreate(error);
    const found = await instances.inspect(name);
    if (found !== undefined && !isUnstarted(found.State)) {
      return { id: found.Id, isStarted: true, labels: found.Config.Labels };
    }
    if (found !== undefined) await pods.removeContainer(found.Id);
    return await create();
  }
}

async function startOrRemove(id: string, { connection, pods }: StartTools): Promise<void> {
  try {
    await connection.json({ method: "POST", path: `/containers/${id}/start` });
  } catch (error) {
    // It may yet start: the next try finds out.
    if (!(error instanceof EngineError)) throw failedCreate(error);
    await pods.removeContainer(id).catch(() => {}); // the next try removes it
    throw new RuntimeError("RunContainerError", error.message, { id, cause: error });
  }
}

function failedCreate(error: unknown): RuntimeError {
  return new RuntimeError("CreateContainerError", error instanceof Error ? error.message : "unknown error", {
    cause: error,
  });
}
