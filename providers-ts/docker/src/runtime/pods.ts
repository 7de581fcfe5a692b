/** A pod's sandbox in the engine: its infra container, made, found, ended and removed. */
import {
  type Clock,
  hostAddresses,
  type Owner,
  RuntimeError,
  type Sandbox,
  type SandboxSpec,
  sleep,
} from "@outboard/provider-sdk";
import type { Connection } from "../api/connection.js";
import { EngineAway, isConflict, orMissing } from "../api/errors.js";
import type { ContainerInspect, ContainerSummary } from "../api/objects.js";
import type { InfraImage } from "../images/infra-image.js";
import { infraBody } from "../plan/infra.js";
import { infraName, readIdentity, readInfraNotes } from "../plan/labels.js";
import type { InfraFacts } from "../plan/container.js";
import { isUnstarted } from "./container-state.js";
import type { Instances, Known } from "./instances.js";
import { podFiles, writePodFiles } from "./pod-files.js";

const REMOVE_TRIES = 50;
const REMOVE_PAUSE_MS = 100;

export interface PodTools {
  readonly clock: Clock;
  readonly connection: Connection;
  readonly instances: Instances;
  readonly infraImage: InfraImage;
  readonly network: string;
}

export class Pods {
  readonly #tools: PodTools;

  constructor(tools: PodTools) {
    this.#tools = tools;
  }

  /**
   * One that a crash left running is taken, one that never started goes. One that has ended stays, as some engines keep it
   * while there are containers that used it; what still runs beside it goes.
   */
  async create(spec: SandboxSpec, owner: Owner): Promise<Sandbox> {
    const { instances } = this.#tools;
    const before = await instances.query(owner, spec.uid);
    const last = lastInfra(before);
    const found = last === undefined ? undefined : await instances.inspect(last.id);
    if (last !== undefined && found?.State.Running === true) {
      await instances.track(last);
      return finishSandbox(spec, found);
    }
    await Promise.all(before.filter((known) => !isInfra(known)).map(({ id }) => this.kill(id)));
    if (found !== undefined && isUnstarted(found.State)) {
      await this.removeContainer(found.Id);
      return await this.create(spec, owner);
    }
    const attempt = last === undefined ? 0 : last.identity.attempt + 1;
    return finishSandbox(spec, await this.#start(spec, owner, attempt));
  }

  /** Kills what runs, the infra container last. */
  async stop(uid: string, owner: Owner): Promise<void> {
    const all = await this.#tools.instances.query(owner, uid);
    await Promise.all(all.filter((known) => !isInfra(known)).map(({ id }) => this.kill(id)));
    for (const { id } of all.filter(isInfra)) {
      this.#tools.instances.forget(id);
      await this.kill(id);
    }
  }

  async remove(uid: string, owner: Owner): Promise<void> {
    const all = await this.#tools.instances.query(owner, uid);
    await Promise.all(all.filter((known) => !isInfra(known)).map(({ id }) => this.removeContainer(id)));
    await Promise.all(all.filter(isInfra).map(({ id }) => this.removeContainer(id)));
  }

  /** With its anonymous volumes. */
  async removeContainer(id: string): Promise<void> {
    const { instances, connection, clock } = this.#tools;
    instances.forget(id);
    for (let tries = 0; ; tries += 1) {
      try {
        return await orMissing<void>(connection.json({ method: "DELETE", path: `/containers/${id}?force=1&v=1` }));
      } catch (error) {
        // Someone else's removal is under way: ours counts when it is through.
        if (!isConflict(error) || tries === REMOVE_TRIES) throw error;
        await sleep(clock, REMOVE_PAUSE_MS, new AbortController().signal);
      }
    }
  }

  /** Gone or ended is as good. */
  async kill(id: string, signal = "KILL"): Promise<void> {
    const name = /^\d+$/.test(signal) ? signal : `SIG${signal}`;
    const path = `/containers/${id}/kill?signal=${encodeURIComponent(name)}`;
    try {
      await orMissing(this.#tools.connection.json({ method: "POST", path }));
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }

  /** The running infra container of a pod. Rejects where there is none. */
  async infra(uid: string): Promise<{ readonly found: ContainerInspect; readonly facts: InfraFacts }> {
    const id = this.#tools.instances.findInfra(uid);
    const found = id === undefined ? undefined : await this.#tools.instances.inspect(id);
    const identity = readIdentity(found?.Config.Labels);
    if (found?.State.Running !== true || identity?.uid !== uid) {
      throw new RuntimeError("CreateContainerError", "the pod's infra container does not run");
    }
    return { found, facts: toFacts(found, identity, this.#tools.connection.isPodman) };
  }

  async #start(spec: SandboxSpec, owner: Owner, attempt: number): Promise<ContainerInspect> {
    const { connection, instances, infraImage, network } = this.#tools;
    const image = await infraImage.ensure();
    const query = new URLSearchParams({ name: infraName(spec, attempt) });
    const body = infraBody(spec, { owner, image, network, attempt, isPodman: connection.isPodman });
    const path = `/containers/create?${query.toString()}`;
    const { Id } = await connection.json<{ readonly Id: string }>({ method: "POST", path, body });
    try {
      await connection.json({ method: "POST", path: `/containers/${Id}/start` });
      const found = await instances.inspect(Id);
      const identity = readIdentity(found?.Config.Labels);
      if (found?.State.Running !== true || identity === undefined) throw new Error("the infra container ended at once");
      await instances.track({ id: Id, identity });
      return found;
    } catch (error) {
      // Without an answer it may yet start: the next try finds it, as it does one that cannot be removed.
      if (!(error instanceof EngineAway)) await this.removeContainer(Id).catch(() => {});
      throw error;
    }
  }
}

export function isInfra({ identity }: Known): boolean {
  return identity.container === "";
}

/** Those before it have ended. */
export function lastInfra<Found extends Known>(all: readonly Found[]): Found | undefined {
  return all
    .filter(isInfra)
    .toSorted((left, right) => left.identity.attempt - right.identity.attempt)
    .at(-1);
}

/** Without addresses in the host's network. */
export function toSandbox(found: ContainerInspect | ContainerSummary): Sandbox {
  const networks = Object.values(found.NetworkSettings?.Networks ?? {});
  const all = [
    ...networks.map((network) => network?.IPAddress),
    found.NetworkSettings?.IPAddress,
    ...networks.map((network) => network?.GlobalIPv6Address),
  ];
  const podIPs = [...new Set(all.filter((address) => address !== undefined && address !== ""))] as string[];
  return { id: found.Id, podIPs: isOnHost(found) ? [] : podIPs, hostIPs: hostAddresses() };
}

/** The files are written again: after a crash they may not be there. */
function finishSandbox(spec: SandboxSpec, found: ContainerInspect): Sandbox {
  const sandbox = toSandbox(found);
  writePodFiles(spec, isOnHost(found) ? sandbox.hostIPs : sandbox.podIPs);
  return sandbox;
}

function isOnHost({ HostConfig }: ContainerInspect | ContainerSummary): boolean {
  return HostConfig?.NetworkMode === "host";
}

function toFacts(found: ContainerInspect, identity: InfraFacts["identity"], isPodman: boolean): InfraFacts {
  const { folder, sharesProcesses } = readInfraNotes(found.Config.Labels);
  const { IpcMode, PidMode, Runtime } = found.HostConfig;
  return {
    id: found.Id,
    identity,
    sharesProcesses,
    hostIPC: IpcMode === "host",
    hostPID: PidMode === "host",
    hostname: isPodman ? found.Config.Hostname : undefined,
    runtime: Runtime === "" ? undefined : Runtime,
    files: podFiles(folder),
  };
}
