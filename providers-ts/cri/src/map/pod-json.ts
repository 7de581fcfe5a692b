/** The part of the Pod's JSON that this provider reads. */

export interface ResourcesJson {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

export interface PortJson {
  readonly containerPort: number;
  readonly hostPort?: number;
  readonly hostIP?: string;
  readonly protocol?: string;
}

export interface ContainerJson {
  readonly name: string;
  readonly restartPolicy?: string;
  readonly resources?: ResourcesJson;
  readonly ports?: readonly PortJson[];
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly terminationMessagePath?: string;
  readonly terminationMessagePolicy?: string;
  readonly targetContainerName?: string;
  readonly volumeMounts?: readonly VolumeMountJson[];
}

export interface VolumeMountJson {
  readonly mountPath: string;
  readonly mountPropagation?: string;
  readonly recursiveReadOnly?: string;
}

export interface PodJson {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly hostPID?: boolean;
    readonly hostIPC?: boolean;
    readonly hostNetwork?: boolean;
    readonly shareProcessNamespace?: boolean;
    readonly priorityClassName?: string;
    readonly overhead?: Readonly<Record<string, string>>;
    readonly resources?: ResourcesJson;
    readonly securityContext?: Readonly<Record<string, unknown>>;
    readonly initContainers?: readonly ContainerJson[];
    readonly containers?: readonly ContainerJson[];
  };
}

export function asPod(manifest: unknown): PodJson {
  return typeof manifest === "object" && manifest !== null ? manifest : {};
}
