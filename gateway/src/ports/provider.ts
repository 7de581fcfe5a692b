/** The provider as the core sees it. */
import type { PodInputs } from "../domain/inputs.js";
import type { PodObservation, ProviderEvent, Terminated } from "../domain/observation.js";
import type { FeatureSupport, NodeFacts, ProviderLimits, ProviderNode } from "../domain/provider-facts.js";

export type { FeatureSupport, NodeFacts, ProviderLimits, ProviderNode };

/** What the handshake said. Constant for one session. */
export interface ProviderInfo {
  readonly name: string;
  readonly version: string;
  readonly instanceId: string;
  readonly revision: number;
  /** Capability ids. */
  readonly capabilities: ReadonlySet<string>;
  readonly features: ReadonlyMap<string, FeatureSupport>;
  readonly limits: ProviderLimits;
}

/** A pod as it is given to the provider. */
export interface PodOrder {
  readonly uid: string;
  readonly specRevision: bigint;
  /** Hexadecimal SHA-256 over manifest. */
  readonly specDigest: string;
  /** JSON, exactly as sent. */
  readonly manifest: Uint8Array;
  readonly inputs: PodInputs;
  readonly inputVersion: bigint;
  /** RFC 3339. */
  readonly deadline?: string;
}

/** A pod to create. */
export interface CreateOrder extends PodOrder {
  readonly startTime: string;
  readonly prior: readonly {
    readonly name: string;
    readonly restartCount: number;
    readonly lastTermination?: Terminated;
  }[];
}

/** A pod to change. Kinds as the contract's: image, metadata, resources, ephemeral_containers, tolerations, grace, deadline. */
export interface UpdateOrder extends PodOrder {
  readonly changes: readonly string[];
}

export type StopReason = "user" | "deadline" | "evicted" | "preempted" | "orphan";

/** Control calls. Each rejects with a ProviderError. */
export interface ProviderControl {
  createPod(order: CreateOrder, signal: AbortSignal): Promise<void>;
  stopPod(uid: string, graceSeconds: number, reason: StopReason, signal: AbortSignal): Promise<void>;
  releasePod(uid: string, signal: AbortSignal): Promise<void>;
  getPod(uid: string, signal: AbortSignal): Promise<PodObservation>;
  updateInputs(uid: string, inputs: PodInputs, inputVersion: bigint, signal: AbortSignal): Promise<void>;
  updatePod(order: UpdateOrder, signal: AbortSignal): Promise<void>;
}

/** What a session tells, in order. */
export type ProviderEventMessage =
  /** A handshake succeeded; `info` holds until the next one. */
  | { readonly kind: "session"; readonly info: ProviderInfo }
  | { readonly kind: "node"; readonly node: ProviderNode }
  /** A snapshot ended. UIDs in it, and when its WatchPods call was opened (clock milliseconds). */
  | {
      readonly kind: "snapshot";
      readonly uids: ReadonlySet<string>;
      readonly complete: boolean;
      readonly openedAt: number;
      readonly epochChanged: boolean;
    }
  | { readonly kind: "observation"; readonly observation: PodObservation }
  | { readonly kind: "event"; readonly event: ProviderEvent }
  | { readonly kind: "forgotten"; readonly uid: string }
  /** The provider cannot be reached or does not answer. */
  | { readonly kind: "lost"; readonly reason: string; readonly message: string }
  /** The session ended for good: this gateway must stop. */
  | { readonly kind: "ended"; readonly reason: string; readonly message: string };

/** Where to read a log from; as LogsRequest. */
export interface LogQuery {
  readonly uid: string;
  readonly container: string;
  readonly follow: boolean;
  readonly previous: boolean;
  /** Milliseconds since 1970. */
  readonly sinceMs?: number;
  readonly tailLines?: number;
  readonly limitBytes?: number;
}

/** One piece of a log. */
export interface LogChunk {
  /** Nanoseconds since 1970; undefined without logs.time. */
  readonly timeUnixNano?: bigint;
  readonly stream: "stdout" | "stderr" | "merged";
  readonly data: Uint8Array;
  readonly partial: boolean;
}

/** Read-only interactions. Rejects with a ProviderError. */
export interface ProviderLogs {
  /** Pieces of the log; the request is accepted once the promise resolves. */
  openLogs(query: LogQuery, signal: AbortSignal): Promise<AsyncIterable<LogChunk>>;
}

/** Size of a terminal, columns and rows, 1 to 65535. */
export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** What to attach to; as AttachStart. */
export interface AttachOrder {
  readonly uid: string;
  readonly container: string;
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly size?: TerminalSize;
}

/** What to run; as ExecStart. */
export interface ExecOrder extends AttachOrder {
  readonly command: readonly string[];
}

/** What the client of a command sends. Data of any length. */
export type SessionInput =
  | { readonly kind: "stdin"; readonly data: Uint8Array }
  | { readonly kind: "stdin-end" }
  | { readonly kind: "resize"; readonly size: TerminalSize };

/** How a command ended. `error`: it could not be started, or its end is not known. */
export type SessionExit =
  | { readonly kind: "code"; readonly code: number }
  | { readonly kind: "signal"; readonly signal: number }
  | { readonly kind: "error"; readonly message: string };

/** What a command sends. An exit is the last; an end without one is a failure. */
export type SessionOutput =
  | { readonly kind: "stdout" | "stderr"; readonly data: Uint8Array }
  | { readonly kind: "exit"; readonly exit: SessionExit };

/** One direction of a forwarded connection: bytes, then its end. Data of any length. */
export type ForwardInput =
  | { readonly kind: "data"; readonly data: Uint8Array }
  /** No more bytes in this direction. */
  | { readonly kind: "half-close" };

/** From the pod. `broken`: an established connection broke; the last. The end of the iteration is the end of the connection. */
export type ForwardOutput = ForwardInput | { readonly kind: "broken"; readonly message: string };

/**
 * Interactions in both directions, with back-pressure in both. Each is accepted once its promise resolves, which rejects with
 * a ProviderError; so may the iteration. Leaving the iteration, or the signal, ends the command or the connection.
 */
export interface ProviderStreams {
  openExec(
    order: ExecOrder,
    input: AsyncIterable<SessionInput>,
    signal: AbortSignal,
  ): Promise<AsyncIterable<SessionOutput>>;
  openAttach(
    order: AttachOrder,
    input: AsyncIterable<SessionInput>,
    signal: AbortSignal,
  ): Promise<AsyncIterable<SessionOutput>>;
  /** Resolves once the connection stands; a refused one rejects with what to tell the user. */
  openPortForward(
    order: { readonly uid: string; readonly port: number },
    input: AsyncIterable<ForwardInput>,
    signal: AbortSignal,
  ): Promise<AsyncIterable<ForwardOutput>>;
}

/** A call that the provider did not answer with OK. `reason` is from the contract's closed list; undefined: outcome unknown. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
  readonly reason: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** JSON paths below the pod, or fields. */
  readonly paths: readonly string[];

  constructor(
    message: string,
    options: {
      readonly reason?: string | undefined;
      readonly retryAfterMs?: number | undefined;
      readonly paths?: readonly string[];
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = options.reason;
    this.retryAfterMs = options.retryAfterMs;
    this.paths = options.paths ?? [];
  }
}
