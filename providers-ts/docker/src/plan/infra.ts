/** The infra container: what holds a pod's network, IPC and, if asked for, process namespace. Pure. */
import type { Owner, SandboxSpec } from "@outboard/provider-sdk";
import { infraLabels } from "./labels.js";
import { logConfig } from "./log-config.js";
import { type ContainerPort, readPodFacts } from "./manifest.js";

export interface InfraContext {
  readonly owner: Owner;
  readonly image: string;
  /** Of the infra container. */
  readonly attempt: number;
  /** The engine's network that pods join. */
  readonly network: string;
  readonly isPodman: boolean;
}

/** Body of the create call. */
export function infraBody(spec: SandboxSpec, { owner, image, network, attempt, isPodman }: InfraContext): unknown {
  const { hostIPC, hostPID, sysctls, hostPorts } = readPodFacts(spec.manifest);
  const published = spec.hostNetwork ? [] : hostPorts;
  return {
    Image: image,
    Hostname: spec.hostname,
    Labels: infraLabels(spec, owner, attempt),
    ExposedPorts: Object.fromEntries(published.map((port) => [portKey(port), {}])),
    HostConfig: {
      NetworkMode: spec.hostNetwork ? "host" : network,
      IpcMode: hostIPC ? "host" : "shareable",
      ...(hostPID ? { PidMode: "host" } : {}),
      PortBindings: bindingsOf(published),
      Sysctls: sysctls,
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      CpuShares: 2,
      // It writes nothing.
      LogConfig: logConfig(isPodman),
      RestartPolicy: { Name: "no" },
      ...runtimeOf(spec.runtimeHandler),
    },
  };
}

/** An empty handler is the engine's default runtime. */
export function runtimeOf(handler: string): { readonly Runtime?: string } {
  return handler === "" ? {} : { Runtime: handler };
}

function portKey({ containerPort, protocol }: ContainerPort): string {
  return `${String(containerPort)}/${(protocol ?? "TCP").toLowerCase()}`;
}

function bindingsOf(ports: readonly ContainerPort[]): Readonly<Record<string, readonly unknown[]>> {
  const bindings: Record<string, unknown[]> = {};
  for (const port of ports) {
    const list = (bindings[portKey(port)] ??= []);
    list.push({ HostIp: port.hostIP ?? "", HostPort: String(port.hostPort) });
  }
  return bindings;
}
