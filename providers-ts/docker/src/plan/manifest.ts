/** The fields of a pod's and a container's JSON that only this runtime reads. */

export interface ContainerPort {
  readonly containerPort: number;
  readonly hostPort?: number;
  readonly hostIP?: string;
  readonly protocol?: string;
}

interface ContainerFields {
  readonly ports?: readonly ContainerPort[];
  readonly volumeMounts?: readonly VolumeMountFields[];
}

export interface VolumeMountFields {
  readonly name: string;
  readonly mountPath: string;
  readonly mountPropagation?: string;
}

interface PodFields {
  readonly spec?: {
    readonly hostPID?: boolean;
    readonly hostIPC?: boolean;
    readonly containers?: readonly ContainerFields[];
    readonly securityContext?: {
      readonly sysctls?: readonly { readonly name: string; readonly value: string }[];
    };
  };
}

export interface PodFacts {
  readonly hostPID: boolean;
  readonly hostIPC: boolean;
  readonly sysctls: Readonly<Record<string, string>>;
  /** As the kubelet: only those of main containers, though the scheduler reckons with those of sidecars. */
  readonly hostPorts: readonly ContainerPort[];
}

export function readPodFacts(manifest: unknown): PodFacts {
  const spec = (manifest as PodFields | undefined)?.spec ?? {};
  const ports = (spec.containers ?? []).flatMap((container) => container.ports ?? []);
  return {
    hostPID: spec.hostPID === true,
    hostIPC: spec.hostIPC === true,
    sysctls: Object.fromEntries((spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value])),
    hostPorts: ports.filter(({ hostPort }) => (hostPort ?? 0) > 0),
  };
}

export function readVolumeMounts(manifest: unknown): readonly VolumeMountFields[] {
  return (manifest as ContainerFields | undefined)?.volumeMounts ?? [];
}
