// What the docker provider asks for: bodies of create calls, made of what the engine shows of a pod of ours.

import { type JsonObject, renamed, standIn, textOf } from "./template.js";

/** Of one pod. */
export interface DockerTemplate {
  readonly infra: JsonObject;
  readonly main: JsonObject;
  /** Id of the infra container, which `main` names. */
  readonly infraId: string;
}

export type AskEngine = <Answer>(method: string, path: string, body?: unknown) => Promise<Answer>;

interface Shown {
  readonly Id: string;
  readonly Config: JsonObject;
  readonly HostConfig: JsonObject & { readonly NetworkMode: string };
}

/** Of the only pod that there is; without labels, by which the provider would take others' containers for its own. */
export async function readDockerTemplate(ask: AskEngine, folder: string): Promise<DockerTemplate> {
  const all = await ask<readonly { readonly Id: string }[]>("GET", "/containers/json");
  const shown = await Promise.all(all.map(async ({ Id }) => ask<Shown>("GET", `/containers/${Id}/json`)));
  const main = shown.find(({ HostConfig }) => HostConfig.NetworkMode.startsWith("container:"));
  const infra = shown.find(({ Id }) => main?.HostConfig.NetworkMode.endsWith(Id) === true);
  if (main === undefined || infra === undefined) throw new Error("the engine does not show a pod of two containers");
  return { infra: bodyOf(infra, folder), main: bodyOf(main, folder), infraId: infra.Id };
}

/** @param infraId of the new pod */
export function mainBody({ main, infraId: before }: DockerTemplate, infraId: string): JsonObject {
  return renamed(main, new Map([[before, infraId]]));
}

function bodyOf({ Config, HostConfig }: Shown, folder: string): JsonObject {
  const isJoined = HostConfig.NetworkMode.startsWith("container:");
  // The engine shows a host name that is the infra container's, and takes none for one that joins it.
  const { Hostname: _own, Domainname: _domain, ...rest } = Config;
  const binds = (HostConfig["Binds"] ?? []) as readonly string[];
  const mounts = (HostConfig["Mounts"] ?? []) as readonly JsonObject[];
  return {
    ...(isJoined ? rest : Config),
    Labels: {},
    HostConfig: {
      ...HostConfig,
      ...(binds.length === 0 ? {} : { Binds: binds.map((bind) => withStandIn(bind, folder)) }),
      ...(mounts.length === 0 ? {} : { Mounts: mounts.map((mount) => mountWithStandIn(mount, folder)) }),
    },
  };
}

function withStandIn(bind: string, folder: string): string {
  const [source = "", ...rest] = bind.split(":");
  return [standIn(folder, source), ...rest].join(":");
}

function mountWithStandIn(mount: JsonObject, folder: string): JsonObject {
  return mount["Type"] === "bind" ? { ...mount, Source: standIn(folder, textOf(mount, "Source")) } : mount;
}
