/**
 * What a backend that runs single containers implements; the pod engine makes a PodProvider of it. The engine decides
 * (order, restarts, back-off, grace, statuses, logs, persistence); the runtime only does what it is told, once, and tells
 * what it sees. Every object carries the pod's UID, so that all can be found again from it.
 *
 * What the engine relies on:
 * - stopContainer runs in parallel for several containers of one pod, and may be called again for the same instance while an
 *   earlier call waits: the smaller graceMs then holds for both, and 0 kills at once. All calls resolve at the end.
 * - An exit may be told before startContainer has resolved, and more than once; it is told before stopContainer resolves.
 * - RuntimeError with reason RunContainerError from startContainer: the instance was made and could not run (command not
 *   found). Its attempt counts and shows as terminated 128 StartError. With any other reason the attempt was not used and is
 *   used again by the next try.
 * - The runtime writes SandboxSpec.hostsFile(podIPs) and resolvConf where its containers see them; they are no Mounts.
 * - Mounts come parents first. Sources stay at their place for the life of the pod.
 */
import type {
  ContainerUser,
  InterfaceStats,
  NodeConfiguration,
  RegistryCredential,
  Resources,
  TerminalSize,
  VolumeMountStatus,
} from "@outboard/contract";
import type { Duplex } from "node:stream";
import type { NodeReport, Owner, ProviderDescription } from "../provider.js";

/** A pod's sandbox: what its containers share. */
export interface SandboxSpec {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** Folder of the pod on the engine's disk: volumes, logs, hosts file; exists. */
  readonly folder: string;
  readonly hostname: string;
  readonly hostNetwork: boolean;
  readonly shareProcessNamespace: boolean;
  /** Absent: the backend's own resolv.conf. */
  readonly resolvConf?: string;
  /** Content of /etc/hosts for the pod's addresses. */
  readonly hostsFile: (podIPs: readonly string[]) => string;
  readonly runtimeHandler: string;
  /** The Pod's JSON: fields that only this runtime understands. */
  readonly manifest: unknown;
}

/** A sandbox as made. */
export interface Sandbox {
  readonly id: string;
  /** Primary first; empty: the pod shares the host's addresses or has none. */
  readonly podIPs: readonly string[];
  readonly hostIPs: readonly string[];
}

/** One mount of a container; the source exists. Its readOnly is in force, whatever the container's volumeMount says. */
export interface Mount {
  readonly volume: string;
  /** Empty: the content of an image. */
  readonly source: string;
  readonly mountPath: string;
  readonly readOnly: boolean;
  /** Set only where the runtime declares volumes.image. */
  readonly image?: MountedImage;
}

/** An image that ensureImage has made present, as a volume. */
export interface MountedImage {
  /** As the Pod names it. */
  readonly name: string;
  readonly imageId: string;
  /** Path in the image, relative. Empty: all of it. */
  readonly subPath: string;
}

/** One instance of a container. */
export interface ContainerSpec {
  readonly uid: string;
  readonly sandboxId: string;
  readonly name: string;
  readonly kind: "init" | "sidecar" | "main" | "ephemeral";
  /** 0 for the first instance; names the instance together with uid and name. */
  readonly attempt: number;
  readonly image: string;
  /** Empty: the image's. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly (readonly [name: string, value: Uint8Array])[];
  /** Empty: the image's. */
  readonly workingDir: string;
  readonly mounts: readonly Mount[];
  readonly resources?: Resources;
  /** CRI log file to write; its folder exists. */
  readonly logPath: string;
  /** Signal that asks the container to end, without SIG ("TERM"). Empty: the image's, else TERM. */
  readonly stopSignal: string;
  /** File on the host that the container sees at its terminationMessagePath; exists, empty, and everyone may write it. */
  readonly terminationMessageFile: string;
  readonly terminationMessagePath: string;
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  /** Effective securityContext (container over pod), as JSON. */
  readonly securityContext: Readonly<Record<string, unknown>>;
  /** The container's JSON: fields that only this runtime understands. */
  readonly manifest: unknown;
}

/** An instance that started. */
export interface StartedContainer {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly image: string;
  readonly imageId: string;
  readonly user?: ContainerUser;
  readonly mounts?: readonly VolumeMountStatus[];
  readonly resources?: Resources;
}

/** How an instance ended. */
export interface ContainerExit {
  readonly exitCode?: number;
  readonly signal?: number;
  /** Empty: Completed or Error by exit code. OOMKilled, ContainerCannotRun, ... */
  readonly reason: string;
  readonly startedAt?: number;
  readonly finishedAt?: number;
}

/** An instance that the runtime knows, running or not. */
export interface RuntimeContainer extends StartedContainer {
  readonly uid: string;
  readonly name: string;
  readonly attempt: number;
  /** Absent: running. */
  readonly exit?: ContainerExit;
}

/** Everything of one pod that the runtime knows. */
export interface RuntimePod {
  readonly uid: string;
  readonly sandbox: Sandbox | undefined;
  /** False: the sandbox exists but no longer works. */
  readonly sandboxReady: boolean;
  readonly containers: readonly RuntimeContainer[];
}

/** An image that is there. */
export interface PulledImage {
  readonly imageId: string;
  /** False: it was there already. */
  readonly pulled: boolean;
  readonly sizeBytes: number;
}

/** A failure that becomes a waiting reason: ErrImagePull, CreateContainerError, RunContainerError, ... */
export class RuntimeError extends Error {
  override readonly name = "RuntimeError";
  readonly reason: string;
  /** Id of the instance that could not run, if it got one. */
  readonly id: string;
  /** The user it would have run as, if it is known. */
  readonly user: ContainerUser | undefined;
  constructor(
    reason: string,
    message: string,
    options?: { readonly cause?: unknown; readonly id?: string; readonly user?: ContainerUser | undefined },
  ) {
    super(message, options);
    this.reason = reason;
    this.id = options?.id ?? "";
    this.user = options?.user;
  }
}

/** Standard streams of an exec or attach session. */
export interface SessionIO {
  /** Undefined: no standard input. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Undefined: no terminal. */
  readonly terminal?: { readonly size?: TerminalSize; readonly resizes: AsyncIterable<TerminalSize> };
  /** Both wait until the reader is ready. */
  stdout(bytes: Uint8Array): Promise<void>;
  stderr(bytes: Uint8Array): Promise<void>;
}

/** How a session's process ended. */
export interface SessionExit {
  readonly exitCode?: number;
  readonly signal?: number;
  /** It could not be started or its end is not known. */
  readonly error?: string;
  /** The same as told of a command without a session: what hooks say. Default: the error. */
  readonly plainError?: string;
  /** The connection broke off: the process may go on, and nobody will learn how it ends. */
  readonly isLost?: true;
  /** The backend could not be asked: nothing was begun, and it can be asked again. */
  readonly isUnbegun?: true;
}

/** How a command without input ended, and all that it printed. */
export interface CommandEnd {
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

/** A backend that runs single containers. Calls for one pod never overlap, except logs and sessions. */
export interface ContainerRuntime {
  describe(): ProviderDescription;
  /** Connects; the owner's objects are all that list() may return. */
  start(owner: Owner): Promise<void>;
  stop(): Promise<void>;
  /** From memory. */
  node(): NodeReport;
  configure?(configuration: NodeConfiguration): void;
  /** Everything that exists, ended instances included. Rejects when the backend cannot be asked. */
  list(): Promise<readonly RuntimePod[]>;
  /** Tells of every end of an instance, at least once, as soon as it is known; called again after start(). */
  onExit(listener: (uid: string, container: string, attempt: number, exit: ContainerExit) => void): void;
  /**
   * Tells of a sandbox that stopped working though nobody asked for it; ends of its instances are told as ever. Absent: it
   * shows at the next start of the provider only.
   */
  onSandboxLost?(listener: (uid: string) => void): void;
  createSandbox(spec: SandboxSpec): Promise<Sandbox>;
  /** Kills what runs in it and frees its network. Idempotent. */
  stopSandbox(uid: string): Promise<void>;
  /** Removes sandbox, instances and every other backend object of the pod. Idempotent. */
  removePod(uid: string): Promise<void>;
  /**
   * Whether the image is there, so that the engine can tell of a pull beforehand. Absent, or undefined because the name or
   * the backend is at fault: told afterwards.
   */
  hasImage?(image: string): Promise<boolean | undefined>;
  /** Makes an image present, by the pull policy. Rejects with a RuntimeError. */
  ensureImage(
    image: string,
    policy: "Always" | "IfNotPresent" | "Never",
    credentials: readonly RegistryCredential[],
    signal: AbortSignal,
  ): Promise<PulledImage>;
  /** Creates and starts. Rejects with a RuntimeError when the instance cannot run (then it leaves nothing behind). */
  startContainer(spec: ContainerSpec): Promise<StartedContainer>;
  /** Signals the instance (default TERM); after graceMs kills it. Resolves when it has ended. Idempotent. */
  stopContainer(
    uid: string,
    container: string,
    attempt: number,
    options: { readonly graceMs: number; readonly signal?: string },
  ): Promise<void>;
  /** Forgets an ended instance. Idempotent. */
  removeContainer(uid: string, container: string, attempt: number): Promise<void>;
  /** Opens the log file again after it was renamed. Absent: the runtime cannot. */
  reopenLog?(uid: string, container: string, attempt: number): Promise<void>;
  /** Changes the resources of a running instance. Absent: the runtime cannot. */
  updateResources?(uid: string, container: string, attempt: number, resources: Resources): Promise<void>;
  /**
   * Changes the resources of the pod as a whole. Rejects where containers still hold more, and has then done what it could; it
   * is called again once they have been changed. Idempotent. Absent: the runtime cannot.
   */
  updatePodResources?(uid: string, resources: Resources): Promise<void>;
  exec?(
    uid: string,
    container: string,
    attempt: number,
    command: readonly string[],
    io: SessionIO,
    signal: AbortSignal,
  ): Promise<SessionExit>;
  /**
   * Runs a probe's command; it is killed after so many seconds, and when the signal is aborted. Undefined: its time was up.
   * Rejects when it cannot be run. Absent: exec is used.
   */
  run?(
    uid: string,
    container: string,
    attempt: number,
    command: readonly string[],
    time: { readonly seconds: number; readonly signal: AbortSignal },
  ): Promise<CommandEnd | undefined>;
  attach?(uid: string, container: string, attempt: number, io: SessionIO, signal: AbortSignal): Promise<SessionExit>;
  /** A connection to a port of the pod; rejects when refused. */
  dial?(uid: string, port: number): Promise<Duplex>;
  /** Usage of the running instances and the pod. Absent: the runtime has none. */
  stats?(uid: string): Promise<RuntimeStats>;
}

/** Usage figures; undefined means unknown, never zero. */
export interface RuntimeStats {
  readonly containers: readonly {
    readonly name: string;
    readonly cpuUsageNanos?: bigint;
    readonly memoryWorkingSetBytes?: bigint;
    readonly memoryUsageBytes?: bigint;
    readonly memoryRssBytes?: bigint;
    /** Writable layer. */
    readonly rootfsUsedBytes?: bigint;
  }[];
  /** Of the pod as a whole. */
  readonly pod?: {
    readonly processCount?: bigint;
    /** The first is the default one. */
    readonly interfaces?: readonly InterfaceStats[];
  };
}
