// A CRI runtime by its API alone, and by crictl: the calls that a pod of one container needs, asking for what we ask for.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CriClient, openCri } from "@outboard/provider-cri";
import type { Bare } from "./bare.js";
import { textOf } from "./template.js";
import { type Crictl, containerMessage, criConfigs, type CriTemplate, sandboxMessage } from "./cri-template.js";

export interface CriPlace {
  readonly endpoint: string;
  readonly crictl: Crictl;
  /** For logs and the files of crictl. */
  readonly folder: string;
  readonly template: CriTemplate;
  readonly signal: AbortSignal;
}

const DEADLINE_MS = 240_000;

/** The calls that change something; no others. */
export function openBareApi(place: CriPlace): Bare & Disposable {
  const options = { signal: place.signal, deadlineMs: DEADLINE_MS };
  const client = openCri(place.endpoint);
  const { runtime } = client;
  return {
    contender: "api",
    start: async (name, noteSandbox) => {
      const { sandbox, container } = configsOf(name, place);
      const config = sandboxMessage(sandbox);
      const { podSandboxId } = await runtime.runPodSandbox({ config, runtimeHandler: "" }, options);
      noteSandbox();
      const request = { podSandboxId, config: containerMessage(container), sandboxConfig: config };
      const { containerId } = await runtime.createContainer(request, options);
      await runtime.startContainer({ containerId }, options);
    },
    clear: async () => clear(client, options),
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}

export function openBareCrictl(place: CriPlace): Bare & Disposable {
  const { crictl, folder, endpoint, signal } = place;
  const client = openCri(endpoint);
  const write = (name: string, content: unknown): string => {
    writeFileSync(join(folder, name), JSON.stringify(content));
    return join(folder, name);
  };
  return {
    contender: "crictl",
    start: async (name, noteSandbox) => {
      const { sandbox, container } = configsOf(name, place);
      const [podFile, containerFile] = [write(`${name}.pod.json`, sandbox), write(`${name}.json`, container)];
      const id = await crictl("runp", podFile);
      noteSandbox();
      await crictl("start", await crictl("create", id, containerFile, podFile));
    },
    clear: async () => clear(client, { signal, deadlineMs: DEADLINE_MS }),
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}

function configsOf(name: string, { folder, template }: CriPlace): CriTemplate {
  const logFolder = join(folder, "logs", name);
  mkdirSync(logFolder, { recursive: true });
  const configs = criConfigs(template, name, logFolder);
  mkdirSync(join(logFolder, textOf(configs.container, "log_path"), ".."), { recursive: true });
  return configs;
}

async function clear({ runtime }: CriClient, options: { signal: AbortSignal; deadlineMs: number }): Promise<void> {
  const { items } = await runtime.listPodSandbox({}, options);
  await Promise.all(
    items.map(async ({ id }) => {
      await runtime.stopPodSandbox({ podSandboxId: id }, options);
      await runtime.removePodSandbox({ podSandboxId: id }, options);
    }),
  );
}
