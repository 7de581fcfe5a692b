/**
 * A fake provider for tests: real gRPC over a UNIX socket, scripted answers. It runs nothing and keeps nothing; what the
 * gateway asked is there to be looked at.
 */
import {
  type CallContext,
  createServer,
  GetNodeResponse,
  type GetStatsRequest,
  type GetStatsResponse,
  type HandshakeRequest,
  HandshakeResponse,
  IdentityServiceDefinition,
  InteractionServiceDefinition,
  type LogsResponse,
  NodeServiceDefinition,
  NodeState,
  PodServiceDefinition,
  ProviderState,
  refuse,
  type RpcServer,
  StatsServiceDefinition,
  type WatchPodsRequest,
  type WatchPodsResponse,
} from "@outboard/contract";
import { createTempFolder, type TempFolder } from "../../testing/temp-folder.js";
import { ScriptedStream } from "./scripted-stream.js";

/** What the fake answers; a test overrides what it is about. A function that throws refuses. */
export interface Script {
  handshake(request: HandshakeRequest): Partial<HandshakeResponse>;
  getNode(): Partial<GetNodeResponse> | Promise<Partial<GetNodeResponse>>;
  /** Called when a watch opens; the default sends an empty, complete snapshot. */
  watch(watch: OpenWatch): void;
  /** Any other call of the pod service, by its name in the generated client. */
  pod(call: string, request: unknown, context: CallContext): unknown;
  logs(): AsyncIterable<LogsResponse>;
  stats(request: GetStatsRequest, context: CallContext): AsyncIterable<GetStatsResponse>;
}

/** One WatchPods call that the gateway made. */
export interface OpenWatch {
  readonly request: WatchPodsRequest;
  readonly session: string | undefined;
  readonly stream: ScriptedStream<WatchPodsResponse>;
}

/** What a snapshot holds; default: nothing, complete, "epoch-1". */
export interface SnapshotScript {
  readonly epoch?: string;
  readonly complete?: boolean;
  readonly events?: readonly WatchPodsResponse[];
}

/** Sends a whole snapshot. */
export function sendSnapshot(
  { stream }: OpenWatch,
  { epoch = "epoch-1", complete = true, events = [] }: SnapshotScript = {},
): void {
  stream.send({ event: { $case: "snapshotBegin", value: { epoch } } });
  for (const event of events) stream.send(event);
  stream.send({ event: { $case: "snapshotEnd", value: { complete } } });
}

/** A state of the node that is complete and ready. */
export const READY_NODE: Partial<GetNodeResponse> = {
  state: ProviderState.READY,
  inventoryComplete: true,
  node: NodeState.fromPartial({ capacity: new Map([["cpu", "4"]]) }),
};

/** The fake. */
export class ScriptedProvider implements AsyncDisposable {
  readonly address: string;
  readonly script: Script;
  readonly handshakes: HandshakeRequest[] = [];
  readonly watches: OpenWatch[] = [];
  readonly podCalls: string[] = [];
  nodeCalls = 0;
  readonly #folder: TempFolder;
  #server: RpcServer | undefined;

  constructor(script: Partial<Script> = {}) {
    this.#folder = createTempFolder();
    this.address = `unix://${this.#folder.at("p.sock")}`;
    this.script = { ...this.#defaults(), ...script };
  }

  /** Starts to listen. */
  async start(): Promise<this> {
    this.#server = this.#createServer();
    await this.#server.listen({ kind: "unix", path: this.#folder.at("p.sock") });
    return this;
  }

  /** Stops as a process that ends; start() brings it back. */
  async stop(): Promise<void> {
    await this.#server?.shutdown(0);
    this.#server = undefined;
  }

  /** The watch that was opened last. */
  get lastWatch(): OpenWatch {
    const watch = this.watches.at(-1);
    if (watch === undefined) throw new Error("no watch was opened");
    return watch;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#folder[Symbol.dispose]();
  }

  #defaults(): Script {
    return {
      handshake: () => ({}),
      getNode: () => READY_NODE,
      watch: (watch) => {
        sendSnapshot(watch);
        if (watch.request.snapshotOnly) watch.stream.end();
      },
      pod: () => ({}),
      logs: async function* () {
        yield { frame: { $case: "opened", value: {} } };
      },
      stats: async function* () {},
    };
  }

  #createServer(): RpcServer {
    const server = createServer({ onInternalError: (error) => process.emitWarning(String(error)) });
    server.add(IdentityServiceDefinition, { handshake: async (request) => this.#handshake(request) });
    server.add(NodeServiceDefinition, {
      getNode: async () => {
        this.nodeCalls++;
        return GetNodeResponse.fromPartial(await this.script.getNode());
      },
    });
    server.add(PodServiceDefinition, {
      watchPods: (request, context) => this.#watch(request, context),
      createPod: async (request, context) => (await this.#pod("createPod", request, context)) as never,
      stopPod: async (request, context) => (await this.#pod("stopPod", request, context)) as never,
      releasePod: async (request, context) => (await this.#pod("releasePod", request, context)) as never,
      getPod: async (request, context) => (await this.#pod("getPod", request, context)) as never,
      updatePod: async (request, context) => (await this.#pod("updatePod", request, context)) as never,
      updateInputs: async (request, context) => (await this.#pod("updateInputs", request, context)) as never,
    });
    server.add(StatsServiceDefinition, {
      getStats: (request, context) => this.script.stats(request, context),
    });
    const unscripted = () => {
      throw refuse("CAPABILITY", "not scripted");
    };
    server.add(InteractionServiceDefinition, {
      logs: () => this.script.logs(),
      exec: unscripted,
      attach: unscripted,
      portForward: unscripted,
    });
    return server;
  }

  #handshake(request: HandshakeRequest): HandshakeResponse {
    this.handshakes.push(request);
    return HandshakeResponse.fromPartial({
      revision: 1,
      sessionId: `session-${this.handshakes.length}`,
      providerName: "scripted",
      providerVersion: "1.2.3",
      instanceId: "instance-1",
      epoch: "epoch-1",
      ...this.script.handshake(request),
    });
  }

  #watch(request: WatchPodsRequest, context: CallContext): AsyncIterable<WatchPodsResponse> {
    const stream = new ScriptedStream<WatchPodsResponse>(context.signal);
    const watch = { request, session: context.metadata("outboard-session"), stream };
    this.watches.push(watch);
    this.script.watch(watch);
    return stream;
  }

  async #pod(call: string, request: unknown, context: CallContext): Promise<unknown> {
    this.podCalls.push(call);
    return await this.script.pod(call, request, context);
  }
}
