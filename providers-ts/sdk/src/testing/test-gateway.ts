/** A gateway's calls to a provider, as far as tests of providers need them. */
import { createHash } from "node:crypto";
import {
  connect,
  CreatePodRequest,
  IdentityServiceDefinition,
  NodeServiceDefinition,
  openChannel,
  parseAddress,
  PodInputs,
  PodServiceDefinition,
  PodStage,
  SessionMode,
  StopReason,
  type CallOptions,
  type Client,
  type ContainerObservation,
  type FileInput,
  type GetNodeResponse,
  type PodObservation,
  type Resources,
  type Value,
} from "@outboard/contract";
import { eventually } from "./eventually.js";

type ContainerText = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly command: readonly string[];
};

/** A pod's spec as far as these tests care. */
export type PodText = Readonly<Record<string, unknown>> & {
  readonly containers: readonly ContainerText[];
  readonly initContainers?: readonly ContainerText[];
};

/** What a gateway resolves for a pod. */
export interface Given {
  readonly env?: Readonly<Record<string, string>>;
  /** By volume. */
  readonly files?: Readonly<Record<string, readonly FileInput[]>>;
  /** Of each container. */
  readonly resources?: Resources;
  readonly deadline?: Date;
}

/** The calls of one session. */
export class TestGateway implements Disposable {
  readonly pods: Client<PodServiceDefinition>;
  readonly node: Client<NodeServiceDefinition>;
  /** For calls of the session. */
  options: CallOptions;
  readonly #left = new AbortController();
  readonly #channel: ReturnType<typeof openChannel>;

  constructor(socket: string) {
    this.options = { signal: this.#left.signal };
    this.#channel = openChannel({ address: parseAddress(`unix://${socket}`) });
    this.pods = connect(PodServiceDefinition, this.#channel);
    this.node = connect(NodeServiceDefinition, this.#channel);
  }

  /** Resolves once the provider's inventory is complete. @param instance higher than those before */
  async shakeHands(nodeName: string, instance: number): Promise<void> {
    const { sessionId } = await connect(IdentityServiceDefinition, this.#channel).handshake(
      {
        revisions: [1],
        gatewayName: "test",
        gatewayVersion: "1",
        instanceId: `gateway-${String(instance)}`,
        mode: SessionMode.OWNER,
        fencing: BigInt(instance),
        clusterId: "cluster",
        nodeName,
        nodeConfiguration: { clusterDns: [], clusterDomain: "", podCidrs: [], kubernetesVersion: "" },
      },
      this.options,
    );
    this.options = { ...this.options, metadata: { "outboard-session": sessionId } };
    await eventually(async () => (await this.state()).inventoryComplete);
  }

  /** Makes a pod, and answers its UID. What its containers get comes with the inputs, as from a gateway. */
  async create(uid: string, spec: PodText, given: Given = {}): Promise<string> {
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "ns", uid }, spec };
    const json = Buffer.from(JSON.stringify(pod));
    const order = CreatePodRequest.fromPartial({
      uid,
      specRevision: 1n,
      specDigest: createHash("sha256").update(json).digest(),
      manifest: { json },
      inputs: inputsOf(spec, given),
      inputVersion: 1n,
      startTime: new Date(),
      ...(given.deadline === undefined ? {} : { deadline: given.deadline }),
    });
    await this.pods.createPod(order, this.options);
    return uid;
  }

  /** Undefined: the provider does not know it. */
  async pod(uid: string): Promise<PodObservation | undefined> {
    return (await this.pods.getPod({ uid }, this.options)).pod;
  }

  /** The pod, once it is as wanted. */
  async until(uid: string, isWanted: (pod: PodObservation) => boolean): Promise<PodObservation> {
    return await eventually(async () => {
      const pod = await this.pod(uid);
      return pod !== undefined && isWanted(pod) ? pod : undefined;
    });
  }

  /** The first container, once it is as wanted. */
  async container(uid: string, isWanted: (shown: ContainerObservation) => boolean): Promise<ContainerObservation> {
    return await eventually(async () => (await this.pod(uid))?.containers.slice(0, 1).find(isWanted));
  }

  /** The container, once it runs and has been restarted so often. */
  async untilRunning(uid: string, name = "main", restarts = 0): Promise<ContainerObservation> {
    return await eventually(async () => {
      const found = (await this.pod(uid))?.containers.find((one) => one.name === name);
      return found?.state?.$case === "running" && found.restartCount >= restarts ? found : undefined;
    });
  }

  /** The pod, once it has ended. */
  async ended(uid: string): Promise<PodObservation> {
    return await this.until(uid, ({ stage }) => stage === PodStage.ENDED);
  }

  /** What the provider says of its node. */
  async state(): Promise<GetNodeResponse> {
    return await this.node.getNode({}, this.options);
  }

  /** Stops the pod at once, and releases it. */
  async remove(uid: string): Promise<void> {
    await this.pods.stopPod({ uid, graceSeconds: 0, reason: StopReason.USER }, this.options);
    await this.ended(uid);
    await this.pods.releasePod({ uid }, this.options);
  }

  /** Every pod there is. */
  async removeAll(): Promise<void> {
    const uids: string[] = [];
    for await (const { event } of this.pods.watchPods({ snapshotOnly: true }, this.options)) {
      if (event?.$case === "observation") uids.push(event.value.uid);
    }
    for (const uid of uids) await this.remove(uid);
  }

  [Symbol.dispose](): void {
    this.#left.abort(new Error("the gateway is gone"));
    this.#channel[Symbol.dispose]();
  }
}

function inputsOf(spec: PodText, { env = {}, files = {}, resources }: Given): PodInputs {
  const variables = Object.entries(env).map(([name, text]) => ({ name, value: toValue(text) }));
  const all = [...(spec.initContainers ?? []), ...spec.containers];
  return PodInputs.fromPartial({
    containers: all.map(({ name, command }) => ({ name, command: command.map(toValue), env: variables, resources })),
    volumes: Object.entries(files).map(([name, contents]) => ({ name, files: [...contents] })),
    hostname: "p",
    podHostNames: ["p"],
  });
}

function toValue(text: string): Value {
  return { parts: [{ part: { $case: "literal", value: Buffer.from(text) } }] };
}

/** A container of an observation. */
export function containerOf(pod: PodObservation, name: string): ContainerObservation | undefined {
  return pod.containers.find((container) => container.name === name);
}

/** A file of a volume. */
export function fileOf(path: string, text: string, fields: Partial<FileInput> = {}): FileInput {
  const content = Buffer.from(text);
  const sha256 = createHash("sha256").update(content).digest();
  return { path, mode: 0o644, sha256, content, sensitive: false, ...fields };
}
