/** What an engine asks of a ContainerRuntime, with all that most tests do not care about. */
import { randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ContainerExit, ContainerSpec, SandboxSpec } from "../engine/runtime.js";
import type { Owner } from "../provider.js";

/** Whose pods the specs are. */
export const TEST_OWNER: Owner = { clusterId: "test", nodeName: "node" };

/** An end of an instance, as a runtime tells it. */
export interface Ended {
  readonly uid: string;
  readonly container: string;
  readonly attempt: number;
  readonly exit: ContainerExit;
}

/** A pod with a new UID. @param parent gets a folder for it, with one for its logs */
export function sandboxSpec(parent: string, overrides: Partial<SandboxSpec> = {}): SandboxSpec {
  const uid = overrides.uid ?? randomUUID();
  const folder = join(parent, uid);
  mkdirSync(join(folder, "logs"), { recursive: true });
  return {
    uid,
    namespace: "default",
    name: "pod",
    folder,
    hostname: "pod-host",
    hostNetwork: false,
    shareProcessNamespace: false,
    runtimeHandler: "",
    manifest: {},
    hostsFile: (ips) => `127.0.0.1\tlocalhost\n${ips.map((ip) => `${ip}\tpod-host\n`).join("")}`,
    ...overrides,
  };
}

/** The first instance of "main" in that pod; its log and message file are in the pod's folder. */
export function containerSpec(
  pod: Pick<SandboxSpec, "uid" | "folder">,
  overrides: Partial<ContainerSpec> = {},
): ContainerSpec {
  const { name = "main", attempt = 0 } = overrides;
  const message = join(pod.folder, `message-${name}-${String(attempt)}`);
  writeFileSync(message, "");
  chmodSync(message, 0o666);
  const logPath = join(pod.folder, "logs", name, `${String(attempt)}.log`);
  mkdirSync(dirname(logPath), { recursive: true });
  return {
    uid: pod.uid,
    sandboxId: "",
    name,
    kind: "main",
    attempt,
    image: "",
    command: [],
    args: [],
    env: [],
    workingDir: "",
    mounts: [],
    logPath,
    stopSignal: "",
    terminationMessageFile: message,
    terminationMessagePath: "/dev/termination-log",
    tty: false,
    stdin: false,
    stdinOnce: false,
    securityContext: {},
    manifest: {},
    ...overrides,
  };
}
