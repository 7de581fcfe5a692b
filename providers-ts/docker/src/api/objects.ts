/** The engine's objects, as far as this provider reads them. Fields that other engines leave out are optional. */

export interface ContainerState {
  readonly Status: string;
  readonly Running: boolean;
  readonly OOMKilled?: boolean;
  readonly Pid?: number;
  readonly ExitCode: number;
  readonly Error?: string;
  readonly StartedAt: string;
  readonly FinishedAt: string;
}

export interface ContainerMount {
  readonly Source: string;
  readonly Destination: string;
  readonly RW: boolean;
}

export interface HostConfig {
  readonly NetworkMode?: string;
  readonly IpcMode?: string;
  readonly PidMode?: string;
  readonly Runtime?: string;
}

export interface EndpointSettings {
  readonly IPAddress?: string;
  readonly GlobalIPv6Address?: string;
}

export interface NetworkSettings {
  readonly IPAddress?: string;
  readonly Networks?: Readonly<Record<string, EndpointSettings | null>> | null;
}

export interface ContainerInspect {
  readonly Id: string;
  /** Id of the image. */
  readonly Image: string;
  readonly State: ContainerState;
  readonly Config: {
    readonly Image: string;
    readonly User?: string;
    readonly Tty?: boolean;
    readonly StopSignal?: string;
    readonly Hostname?: string;
    readonly Labels?: Readonly<Record<string, string>> | null;
  };
  readonly HostConfig: HostConfig;
  readonly Mounts?: readonly ContainerMount[];
  readonly NetworkSettings?: NetworkSettings;
}

export interface ContainerSummary {
  readonly Id: string;
  readonly State: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly ImageID?: string;
  /** In seconds. Podman: a text. */
  readonly Created?: number | string;
  readonly HostConfig?: HostConfig;
  readonly NetworkSettings?: NetworkSettings | null;
}

export interface ImageInspect {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly RepoDigests?: readonly string[] | null;
  readonly Size?: number;
  readonly Config?: { readonly User?: string } | null;
}

export interface ImageSummary {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly RepoDigests?: readonly string[] | null;
  readonly Size: number;
}

export interface EngineInfo {
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly KernelVersion: string;
  readonly OperatingSystem: string;
  readonly Architecture: string;
  readonly ServerVersion: string;
  readonly CgroupVersion?: string;
  readonly LiveRestoreEnabled?: boolean;
  readonly Runtimes?: Readonly<Record<string, unknown>> | null;
  readonly Driver?: string;
}

export interface EngineVersion {
  readonly Version: string;
  readonly ApiVersion: string;
  readonly MinAPIVersion?: string;
  readonly Arch: string;
  readonly Components?: readonly { readonly Name: string; readonly Version: string }[];
}

export interface EngineEvent {
  readonly Action?: string;
  readonly status?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> };
  readonly time?: number;
  readonly timeNano?: number;
}

export interface ExecInspect {
  readonly Running: boolean;
  readonly ExitCode: number | null;
  readonly Pid?: number;
}

export interface StatsSample {
  readonly cpu_stats?: { readonly cpu_usage?: { readonly total_usage?: number } };
  readonly memory_stats?: {
    readonly usage?: number;
    readonly stats?: Readonly<Record<string, number>>;
  };
}

/** Podman says so among its components. */
export function isPodman({ Components }: EngineVersion): boolean {
  return Components?.some(({ Name }) => Name === "Podman Engine") === true;
}
