/**
 * What the author of a provider for whole pods implements. The SDK does sessions, fencing, tombstones, digests, revisions,
 * epochs, snapshots, heartbeats, capabilities and limits; a PodProvider only talks to its backend and publishes facts.
 * The messages are the contract's own: their fields, units and limits are documented there.
 */
import type {
  AttachRequest,
  AttachResponse,
  AttachStart,
  Capability,
  CreatePodRequest,
  ExecRequest,
  ExecResponse,
  ExecStart,
  FeatureSupport,
  GetStatsRequest,
  GetStatsResponse,
  Limits,
  LogChunk,
  LogsRequest,
  NodeConfiguration,
  NodeState,
  PodEvent,
  PodObservation,
  PortForwardRequest,
  PortForwardResponse,
  PortForwardStart,
  StopReason,
  UpdateInputsRequest,
  UpdatePodRequest,
} from "@outboard/contract";

/** Who the provider is and what it can. Constant for the life of the process. */
export interface ProviderDescription {
  /** Short name, [a-z0-9-]. */
  readonly name: string;
  readonly version: string;
  readonly capabilities: readonly Capability[];
  readonly features: readonly FeatureSupport[];
  readonly limits?: Limits;
}

/** Whose pods the provider runs: fixed for the life of the process. */
export interface Owner {
  readonly clusterId: string;
  readonly nodeName: string;
}

/** State of the provider as GetNode reports it, without what the SDK knows itself. */
export interface NodeReport {
  /** Default "ready". While start() has not resolved the SDK reports STARTING. */
  readonly state: "ready" | "degraded" | "broken";
  /** CamelCase reason for a state other than ready. */
  readonly reason?: string;
  /** One sentence for people, without secrets. */
  readonly message?: string;
  /** Facts for the Node object; undefined while unknown. */
  readonly node?: NodeState;
  /** Anything for people, shown by `outboard inspect`. */
  readonly info?: ReadonlyMap<string, string>;
}

/** An observation without what the SDK adds: the epoch and the revision. */
export type ObservationDraft = Omit<PodObservation, "epoch" | "revision">;

/** An event without what the SDK adds: the number. */
export type EventDraft = Omit<PodEvent, "seq">;

/** What a provider tells. All are quick, never throw, and may be called at any time after start() began. */
export interface ProviderHost {
  /** Publishes the whole pod. Drafts equal to the last one (observed_at apart) are dropped. */
  publish(observation: ObservationDraft): void;
  /** Publishes something that only the runtime side knows. */
  event(event: EventDraft): void;
  /** Tells that the view of the backend is (not) complete after start(): false makes calls for unknown UIDs wait. */
  setInventoryComplete(complete: boolean): void;
  /**
   * Forgets an ended pod whose backend no longer knows it, for providers that declare terminal_retention and have no store of
   * their own. Sends nothing; a tombstone remains. Without effect for a pod that has not ended. Absent in older SDKs.
   */
  expire?(uid: string): void;
}

/** How an interaction is told to end. */
export interface InteractionContext {
  /** Aborts when the client is gone (exec: end the command; attach: detach) or the provider stops. */
  readonly signal: AbortSignal;
}

/** Frames that follow the start frame. */
export type ExecInput = AsyncIterable<NonNullable<ExecRequest["frame"]>>;
/** As ExecInput. */
export type AttachInput = AsyncIterable<NonNullable<AttachRequest["frame"]>>;
/** As ExecInput. */
export type PortForwardInput = AsyncIterable<NonNullable<PortForwardRequest["frame"]>>;

/**
 * A backend that takes whole pods. Mutating calls for one UID never overlap; calls for different UIDs do.
 * Every method may throw a StatusError (see `refuse`); anything else reaches the gateway as "outcome unknown".
 */
export interface PodProvider {
  describe(): ProviderDescription;
  /**
   * Finds every pod of this owner in the backend and publishes it; then the inventory is complete. Called once the owner is
   * known. On a rejection the SDK reports the provider BROKEN and calls again with back-off.
   */
  start(host: ProviderHost, owner: Owner): Promise<void>;
  /** Lets go of the backend; pods stay as they are. */
  stop(): Promise<void>;
  /** Answers from memory. */
  node(): NodeReport;
  /** Told at each OWNER handshake. */
  configure?(configuration: NodeConfiguration): void;
  /**
   * Takes a pod over; resolves when it would survive a crash of this process. The UID is new, or its last observation has
   * needs_inputs. Publish an observation before resolving.
   */
  createPod(order: CreatePodRequest): Promise<{ readonly backendId: string }>;
  /** Ends a known pod that has not ended, by the earliest end time asked for so far. Resolves when the order would survive a crash. */
  stopPod(uid: string, graceSeconds: number, reason: StopReason): Promise<void>;
  /** Forgets an ended pod: logs, inputs, backend object. */
  releasePod(uid: string): Promise<void>;
  /** Replaces the inputs of a pod that has not ended; the version is higher than the observed one. */
  updateInputs(update: UpdateInputsRequest): Promise<void>;
  /** Changes a running pod. Present iff an update capability is declared; `changes` holds declared kinds only. */
  updatePod?(update: UpdatePodRequest): Promise<void>;
  /** Present iff `logs` is declared. Ends at the end of the log; with follow once the instance has ended. */
  logs?(request: LogsRequest, context: InteractionContext): AsyncIterable<LogChunk>;
  /** Present iff `exec` is declared. Yields output, then `exit` exactly once. `opened` is sent by the SDK before the first frame. */
  exec?(
    start: ExecStart,
    input: ExecInput,
    context: InteractionContext,
  ): AsyncIterable<NonNullable<ExecResponse["frame"]>>;
  /** Present iff `attach` is declared. As exec. */
  attach?(
    start: AttachStart,
    input: AttachInput,
    context: InteractionContext,
  ): AsyncIterable<NonNullable<AttachResponse["frame"]>>;
  /** Present iff `port_forward` is declared. Yields `opened` itself, once the connection stands. */
  portForward?(
    start: PortForwardStart,
    input: PortForwardInput,
    context: InteractionContext,
  ): AsyncIterable<NonNullable<PortForwardResponse["frame"]>>;
  /** Present iff `stats` is declared. */
  stats?(request: GetStatsRequest, context: InteractionContext): AsyncIterable<GetStatsResponse>;
}
