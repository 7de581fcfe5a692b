// What the cri provider asks for, in the JSON that crictl takes and shows; and the same as messages of the API.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ContainerConfig, PodSandboxConfig } from "@outboard/provider-cri";
import { type Json, type JsonObject, renamed, standIn, textOf } from "./template.js";

/** Of one pod. */
export interface CriTemplate {
  readonly sandbox: JsonObject;
  readonly container: JsonObject;
}

export type Crictl = (...args: readonly string[]) => Promise<string>;

const DEADLINE = "240s";
const MAPS: ReadonlySet<string> = new Set(["labels", "annotations", "sysctls", "unified"]);
/** Its values are bytes. */
const ENVIRONMENT = "envs";
const run = promisify(execFile);

/** Runs crictl and answers what it printed. */
export function openCrictl(program: string, endpoint: string, signal: AbortSignal): Crictl {
  const all = ["--runtime-endpoint", endpoint, "--image-endpoint", endpoint, "--timeout", DEADLINE];
  return async (...args) => (await run(program, [...all, ...args], { signal })).stdout.trim();
}

/** Of the only pod that there is; without labels, by which the provider would take others' pods for its own. */
export async function readCriTemplate(crictl: Crictl, folder: string): Promise<CriTemplate> {
  const configOf = async (command: string, id: string): Promise<JsonObject> => {
    const { info } = JSON.parse(await crictl(command, "--output", "json", id)) as { info: { config: JsonObject } };
    return { ...info.config, labels: {}, annotations: {} };
  };
  const sandbox = await configOf("inspectp", await crictl("pods", "--quiet"));
  const container = await configOf("inspect", await crictl("ps", "--quiet"));
  const mounts = (container["mounts"] ?? []) as readonly JsonObject[];
  return {
    sandbox,
    container: {
      ...container,
      mounts: mounts.map((mount) => ({ ...mount, host_path: standIn(folder, textOf(mount, "host_path")) })),
    },
  };
}

/** For a pod of another name. @param logFolder of this pod */
export function criConfigs({ sandbox, container }: CriTemplate, name: string, logFolder: string): CriTemplate {
  const { uid, name: oldName } = sandbox["metadata"] as { readonly uid: string; readonly name: string };
  const names = new Map([
    [uid, name],
    [oldName, name],
  ]);
  return { sandbox: { ...renamed(sandbox, names), log_directory: logFolder, hostname: name }, container };
}

export function sandboxMessage(json: JsonObject): PodSandboxConfig {
  return PodSandboxConfig.fromPartial(toMessage(json) as Parameters<typeof PodSandboxConfig.fromPartial>[0]);
}

export function containerMessage(json: JsonObject): ContainerConfig {
  return ContainerConfig.fromPartial(toMessage(json) as Parameters<typeof ContainerConfig.fromPartial>[0]);
}

/** Names as the generated code has them, and maps as such. */
export function toMessage(value: Json, name = ""): unknown {
  if (Array.isArray(value)) return value.map((item: Json) => toMessage(item, name === ENVIRONMENT ? name : ""));
  if (typeof value !== "object" || value === null) return value ?? undefined;
  const entries = Object.entries(value as JsonObject);
  if (MAPS.has(name)) return new Map(entries);
  if (name === ENVIRONMENT)
    return Object.fromEntries(
      entries.map(([key, text]) => [key, key === "value" ? Buffer.from(text as string) : text]),
    );
  return Object.fromEntries(entries.map(([key, item]) => [toCamel(key), toMessage(item, key)]));
}

function toCamel(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}
