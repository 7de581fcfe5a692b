// The runtimes under test seen from below: what they have of a pod and in all, as their own command lines show it.

import { BUSYBOX_IMAGE, type Daemon, NODE_ADDRESS, startContainerd, startDockerd } from "@outboard/runtimes";
import type { SlowRegistry } from "./slow-registry.js";

export type RuntimeProvider = "cri" | "docker";

/** A container that runs. */
export interface Running {
  readonly id: string;
  /** Empty: the sandbox. */
  readonly name: string;
}

/** A container of nobody. */
export interface Bare {
  readonly id: string;
  readonly start: () => Promise<unknown>;
  readonly remove: () => Promise<unknown>;
}

export interface Engine extends AsyncDisposable {
  readonly provider: RuntimeProvider;
  readonly daemon: Daemon;
  readonly folder: string;
  readonly logFile: string;
  readonly providerArgs: readonly string[];
  runningOf(uid: string): Promise<readonly Running[]>;
  /** Makes a container without Outboard. Absent: nothing to compare with is needed. */
  readonly bare?: () => Promise<Bare>;
  /** Everything that it has, images apart. */
  everything(): Promise<readonly string[]>;
}

export async function startEngine(provider: RuntimeProvider, registry: SlowRegistry): Promise<Engine> {
  return provider === "cri" ? startCri(registry) : startDocker(registry);
}

async function startCri(registry: SlowRegistry): Promise<Engine> {
  const containerd = await startContainerd({ version: "v2", registry });
  await containerd.pull(BUSYBOX_IMAGE);
  const ctr = async (...words: string[]): Promise<string[]> => linesOf(await containerd.ctr(...words));
  const nameOf = async (id: string): Promise<string> => {
    const { Labels } = JSON.parse(await containerd.ctr("containers", "info", id)) as {
      readonly Labels: Readonly<Record<string, string>>;
    };
    return Labels["io.kubernetes.container.name"] ?? "";
  };
  return {
    provider: "cri",
    daemon: containerd,
    folder: containerd.folder,
    logFile: containerd.logFile,
    providerArgs: ["--cri-socket", containerd.endpoint, "--node-ip", NODE_ADDRESS],
    runningOf: async (uid) => {
      const ids = await ctr("containers", "ls", "-q", `labels."io.kubernetes.pod.uid"==${uid}`);
      const tasks = await ctr("tasks", "ls");
      const running = ids.filter((id) => tasks.some((task) => task.startsWith(id) && task.endsWith("RUNNING")));
      return Promise.all(running.map(async (id) => ({ id, name: await nameOf(id) })));
    },
    everything: async () => {
      const snapshots = (await ctr("snapshots", "ls")).filter((line) => line.endsWith("Active"));
      return [...(await ctr("containers", "ls", "-q")), ...(await ctr("tasks", "ls", "-q")), ...snapshots];
    },
    [Symbol.asyncDispose]: async () => containerd.close(),
  };
}

async function startDocker(registry: SlowRegistry): Promise<Engine> {
  const dockerd = await startDockerd({ registry });
  await dockerd.command("pull", BUSYBOX_IMAGE);
  const docker = async (...words: string[]): Promise<string[]> => linesOf(await dockerd.command(...words));
  return {
    provider: "docker",
    daemon: dockerd,
    folder: dockerd.folder,
    logFile: dockerd.logFile,
    providerArgs: ["--docker-socket", dockerd.socket],
    bare: async () => {
      const [id = ""] = await docker("create", BUSYBOX_IMAGE, "sleep", "1000");
      return { id, start: async () => docker("start", id), remove: async () => docker("rm", "--force", id) };
    },
    runningOf: async (uid) => {
      const format = '{{.ID}} {{.Label "dev.outboard.container"}}';
      const filters = ["--filter", `label=dev.outboard.uid=${uid}`, "--filter", "status=running"];
      const lines = await docker("ps", "--no-trunc", ...filters, "--format", format);
      return lines.map((line) => {
        const [id = "", name = ""] = line.split(" ");
        return { id, name };
      });
    },
    everything: async () => [
      ...(await docker("ps", "--all", "--quiet", "--no-trunc")),
      ...(await docker("volume", "ls", "--quiet")),
      ...(await docker("network", "ls", "--format", "{{.Name}}")),
    ],
    [Symbol.asyncDispose]: async () => dockerd.close(),
  };
}

function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
