/** What the tests of the server share: a provider that does as told, and a gateway's clients over a real UNIX socket. */
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { Writable } from "node:stream";
import {
  type Address,
  type CallOptions,
  Capability,
  type Client,
  connect,
  ContainerKind,
  type ContainerObservation,
  type CreatePodRequest,
  Feature,
  FeatureLevel,
  type HandshakeRequest,
  IdentityServiceDefinition,
  InteractionServiceDefinition,
  NodeServiceDefinition,
  openChannel,
  PodInputs,
  PodServiceDefinition,
  PodStage,
  SandboxState,
  SessionMode,
  StatsServiceDefinition,
  type StatusError,
  TerminationCause,
  type WatchPodsResponse,
} from "@outboard/contract";
import { pino } from "pino";
import { ManualClock } from "./clock/manual-clock.js";
import type { ObservationDraft, Owner, PodProvider, ProviderHost } from "./provider.js";
import { serve, type ServeOptions } from "./serve.js";

/** Every capability but the unspecified one. */
export const ALL_CAPABILITIES: readonly Capability[] = Object.values(Capability).filter((value) => value !== 0);

/** A provider whose backend is nothing: it publishes what it is asked for, and records the calls. */
export class FakeProvider implements PodProvider {
  readonly calls: string[] = [];
  host: ProviderHost | undefined;
  capabilities: readonly Capability[] = ALL_CAPABILITIES;
  features: readonly Feature[] = [Feature.INIT_CONTAINERS];
  /** Replaces single methods. */
  on: Partial<Omit<PodProvider, "describe" | "start">> & { start?: (owner: Owner) => Promise<void> } = {};

  describe(): ReturnType<PodProvider["describe"]> {
    const features = this.features.map((feature) => ({
      feature,
      level: FeatureLevel.HONOURED,
      text: "",
      bounds: [],
    }));
    return { name: "fake", version: "1", capabilities: this.capabilities, features };
  }

  async start(host: ProviderHost, owner: Owner): Promise<void> {
    this.host = host;
    this.calls.push("start");
    await this.on.start?.(owner);
  }

  async stop(): Promise<void> {
    this.calls.push("stop");
  }

  node(): ReturnType<PodProvider["node"]> {
    return this.on.node?.() ?? { state: "ready" };
  }

  configure(configuration: Parameters<NonNullable<PodProvider["configure"]>>[0]): void {
    this.on.configure?.(configuration);
  }

  async createPod(order: CreatePodRequest): Promise<{ readonly backendId: string }> {
    this.calls.push(`create ${order.uid}`);
    if (this.on.createPod !== undefined) return await this.on.createPod(order);
    this.publish(order.uid, {
      specRevision: order.specRevision,
      specDigest: order.specDigest,
      inputVersion: order.inputVersion,
      stage: PodStage.STARTED,
      containers: [runningContainer("c")],
    });
    return { backendId: `b-${order.uid}` };
  }

  async stopPod(...args: Parameters<PodProvider["stopPod"]>): Promise<void> {
    this.calls.push(`stop ${args.join(" ")}`);
    await this.on.stopPod?.(...args);
  }

  async releasePod(uid: string): Promise<void> {
    this.calls.push(`release ${uid}`);
    await this.on.releasePod?.(uid);
  }

  async updateInputs(...args: Parameters<PodProvider["updateInputs"]>): Promise<void> {
    this.calls.push(`inputs ${args[0].uid} ${args[0].inputVersion}`);
    await this.on.updateInputs?.(...args);
  }

  async updatePod(...args: Parameters<NonNullable<PodProvider["updatePod"]>>): Promise<void> {
    this.calls.push(`update ${args[0].uid}`);
    await this.on.updatePod?.(...args);
  }

  logs(...args: Parameters<NonNullable<PodProvider["logs"]>>): ReturnType<NonNullable<PodProvider["logs"]>> {
    return this.on.logs?.(...args) ?? empty();
  }

  exec(...args: Parameters<NonNullable<PodProvider["exec"]>>): ReturnType<NonNullable<PodProvider["exec"]>> {
    return this.on.exec?.(...args) ?? empty();
  }

  attach(...args: Parameters<NonNullable<PodProvider["attach"]>>): ReturnType<NonNullable<PodProvider["attach"]>> {
    return this.on.attach?.(...args) ?? empty();
  }

  portForward(
    ...args: Parameters<NonNullable<PodProvider["portForward"]>>
  ): ReturnType<NonNullable<PodProvider["portForward"]>> {
    return this.on.portForward?.(...args) ?? empty();
  }

  stats(...args: Parameters<NonNullable<PodProvider["stats"]>>): ReturnType<NonNullable<PodProvider["stats"]>> {
    return this.on.stats?.(...args) ?? empty();
  }

  /** Publishes an observation with these differences from the last one of the pod. */
  publish(uid: string, change: Partial<ObservationDraft>): void {
    const next = { ...(this.#last.get(uid) ?? blank(uid)), ...change };
    this.#last.set(uid, next);
    this.host?.publish(next);
  }

  /** The pod has ended. */
  end(uid: string): void {
    this.publish(uid, { stage: PodStage.ENDED, sandbox: SandboxState.GONE, containers: [endedContainer("c", 0)] });
  }

  readonly #last = new Map<string, ObservationDraft>();
}

async function* empty(): AsyncGenerator<never> {}

function blank(uid: string): ObservationDraft {
  return {
    uid,
    namespace: "ns",
    name: "p",
    specRevision: 1n,
    specDigest: digestOf("{}"),
    inputVersion: 1n,
    backendId: `b-${uid}`,
    stage: PodStage.ACCEPTED,
    sandbox: SandboxState.READY,
    podIps: [],
    hostIps: [],
    observedAt: new Date(0),
    needsInputs: false,
    cause: TerminationCause.UNSPECIFIED,
    containers: [],
  };
}

/** A container that runs. */
export function runningContainer(name: string, instance = 0): ContainerObservation {
  return {
    name,
    kind: ContainerKind.MAIN,
    state: { $case: "running", value: { since: new Date(1000) } },
    willRestart: false,
    restartCount: instance,
    containerId: `${name}-${instance}`,
    image: "",
    imageId: "",
    mounts: [],
  };
}

/** A container that has ended. */
export function endedContainer(name: string, exitCode: number, instance = 0): ContainerObservation {
  const value = { exitCode, reason: "", message: "", containerId: `${name}-${instance}`, since: new Date(1000) };
  return { ...runningContainer(name, instance), state: { $case: "terminated", value } };
}

/** SHA-256 of a text. */
export function digestOf(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** A CreatePod request; `change` replaces fields, `spec` is what makes the digest differ. */
export function orderOf(uid: string, change: Partial<CreatePodRequest> = {}, spec = "a"): CreatePodRequest {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { uid, name: "p", namespace: "ns" },
    spec: { nodeName: spec },
  };
  const json = Buffer.from(JSON.stringify(pod));
  return {
    uid,
    specRevision: 1n,
    specDigest: digestOf(json.toString()),
    manifest: { json },
    inputs: PodInputs.create(),
    inputVersion: 1n,
    startTime: new Date(0),
    prior: [],
    ...change,
  };
}

/** A handshake of an owner; `change` replaces fields. */
export function ownerHandshake(change: Partial<HandshakeRequest> = {}): HandshakeRequest {
  return {
    revisions: [1],
    gatewayName: "test",
    gatewayVersion: "1",
    instanceId: "g1",
    mode: SessionMode.OWNER,
    fencing: 1n,
    clusterId: "cluster",
    nodeName: "node",
    nodeConfiguration: { clusterDns: [], clusterDomain: "", podCidrs: [], kubernetesVersion: "" },
    ...change,
  };
}

/** A handshake of an observer. */
export function observerHandshake(change: Partial<HandshakeRequest> = {}): HandshakeRequest {
  const { fencing: _, nodeConfiguration: __, ...rest } = ownerHandshake();
  return { ...rest, mode: SessionMode.OBSERVER, clusterId: "", nodeName: "", ...change };
}

/** One caller: clients that carry its session. */
export interface Caller {
  readonly sessionId: string;
  readonly pods: Client<PodServiceDefinition>;
  readonly node: Client<NodeServiceDefinition>;
  readonly interaction: Client<InteractionServiceDefinition>;
  readonly stats: Client<StatsServiceDefinition>;
  /** Options of each call: the session, and the caller's end. */
  readonly options: CallOptions;
}

/** A served provider and a way to call it. */
export interface World<Provider extends PodProvider = FakeProvider> extends AsyncDisposable {
  readonly provider: Provider;
  readonly address: Address;
  readonly clock: ManualClock;
  readonly identity: Client<IdentityServiceDefinition>;
  /** Everything that was logged. */
  readonly log: () => string;
  /** A caller with any session id. */
  withSession(sessionId: string): Caller;
  /** An owner that has shaken hands. */
  owner(change?: Partial<HandshakeRequest>): Promise<Caller>;
  observer(): Promise<Caller>;
  /** Ends the server as SIGTERM does. */
  shutDown(): Promise<void>;
}

/** Serves a fake provider, or another one, on a socket of its own. */
export async function openWorld(provider?: FakeProvider, options?: Partial<ServeOptions>): Promise<World>;
export async function openWorld<Provider extends PodProvider>(
  provider: Provider,
  options?: Partial<ServeOptions>,
): Promise<World<Provider>>;
export async function openWorld(
  provider: PodProvider = new FakeProvider(),
  options: Partial<ServeOptions> = {},
): Promise<World<PodProvider>> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "sdk-"));
  const clock = new ManualClock();
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  const logger = pino({ level: "trace" }, sink);
  const served = await serve(provider, { listen: `unix://${folder}/s`, logger, clock, ...options });
  const channel = openChannel({ address: served.address });
  const ended = new AbortController();
  const signal = ended.signal;
  const identity = connect(IdentityServiceDefinition, channel);
  const withSession = (sessionId: string): Caller => ({
    sessionId,
    pods: connect(PodServiceDefinition, channel),
    node: connect(NodeServiceDefinition, channel),
    interaction: connect(InteractionServiceDefinition, channel),
    stats: connect(StatsServiceDefinition, channel),
    options: { signal, metadata: { "outboard-session": sessionId } },
  });
  const shake = async (request: HandshakeRequest) =>
    withSession((await identity.handshake(request, { signal })).sessionId);
  let shutdown: Promise<void> | undefined;
  const shutDown = () => (shutdown ??= Promise.resolve(served[Symbol.asyncDispose]()));
  return {
    provider,
    address: served.address,
    clock,
    identity,
    log: () => lines.join(""),
    withSession,
    owner: (change) => shake(ownerHandshake(change)),
    observer: () => shake(observerHandshake()),
    shutDown,
    [Symbol.asyncDispose]: async () => {
      ended.abort(new Error("the test is over"));
      channel[Symbol.dispose]();
      await shutDown();
      await rm(folder, { recursive: true });
    },
  };
}

/** The StatusError that a call ends with, as "CODE/REASON" in numbers and text. */
export async function refusal(call: Promise<unknown> | AsyncIterable<unknown>): Promise<StatusError> {
  try {
    if (Symbol.asyncIterator in call) for await (const _ of call);
    else await call;
  } catch (error) {
    return error as StatusError;
  }
  throw new Error("the call was not refused");
}

/** The reason that a call is refused with. */
export async function reasonOf(call: Promise<unknown> | AsyncIterable<unknown>): Promise<string | undefined> {
  return (await refusal(call)).reason;
}

/** A watch whose messages are read one after the other, by kind and content. */
export class WatchReader {
  readonly #messages: AsyncIterator<WatchPodsResponse>;

  constructor(messages: AsyncIterable<WatchPodsResponse>) {
    this.#messages = messages[Symbol.asyncIterator]();
  }

  /** The next message. */
  async next(): Promise<NonNullable<WatchPodsResponse["event"]>> {
    const { value, done } = await this.#messages.next();
    const event = done === true ? undefined : value.event;
    if (event === undefined) throw new Error("the watch ended");
    return event;
  }

  /** Messages up to the first of that kind, which is the last of them. */
  async until(
    kind: NonNullable<WatchPodsResponse["event"]>["$case"],
  ): Promise<NonNullable<WatchPodsResponse["event"]>[]> {
    const found = [await this.next()];
    while (found.at(-1)?.$case !== kind) found.push(await this.next());
    return found;
  }

  /** The error that ends the watch. */
  async end(): Promise<StatusError> {
    return await refusal({ [Symbol.asyncIterator]: () => this.#messages });
  }
}

/** Waits until a condition holds, for at most two seconds. */
export async function eventually(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !holds(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  if (!holds()) throw new Error("the condition never came true");
}
