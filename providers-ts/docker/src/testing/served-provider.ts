/** The provider's program as a process of its own, and a gateway's calls to it: for tests that kill it and start it again. */
import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
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
  type PodObservation,
  type Value,
} from "@outboard/contract";
import { eventually } from "./eventually.js";

const BINARY = fileURLToPath(new URL("../../bin/outboard-provider-docker.mjs", import.meta.url));

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
  readonly files?: Readonly<Record<string, readonly FileInput[]>>;
}

/** Stands for one provider with one state folder, over several lives of its process. */
export class ServedProvider implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "obd-served-"));
  readonly state: string = join(this.folder, "state");
  readonly #socket = join(this.folder, "s/p.sock");
  readonly #engineSocket: string;
  #child: ChildProcess | undefined;
  #instances = 0;

  private constructor(engineSocket: string) {
    this.#engineSocket = engineSocket;
  }

  static async start(engineSocket: string): Promise<ServedProvider> {
    const provider = new ServedProvider(engineSocket);
    await provider.start();
    return provider;
  }

  /** What a container's instance printed, without the log's marks; "" before there is a log. */
  output(uid: string, container: string, attempt = 0): string {
    const path = join(this.state, "engine/pods", uid, "logs", container, `${String(attempt)}.log`);
    if (!existsSync(path)) return "";
    return readFileSync(path, "utf8").replaceAll(/^\S+ std(?:out|err) F /gm, "");
  }

  async start(): Promise<void> {
    rmSync(this.#socket, { force: true });
    const flags = ["--listen", `unix://${this.#socket}`, "--state", this.state, "--log-level", "fatal"];
    const words = [BINARY, ...flags, "--docker-socket", this.#engineSocket];
    this.#child = spawn(process.execPath, words, { stdio: ["ignore", 2, 2] });
    await eventually(() => existsSync(this.#socket) || undefined);
  }

  /** Resolves with the exit code, null after KILL. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    this.#child = undefined;
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    child.kill(signal);
    return await ended;
  }

  /** Shakes hands as a gateway process that is newer than all before. */
  async gateway(nodeName = "node"): Promise<Gateway> {
    const gateway = new Gateway(this.#socket);
    try {
      await gateway.shakeHands(nodeName, ++this.#instances);
      return gateway;
    } catch (error) {
      gateway[Symbol.dispose]();
      throw error;
    }
  }

  /** Removes every pod that is left, then the provider and its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child === undefined) await this.start();
    using gateway = await this.gateway();
    await gateway.removeAll();
    await this.end("SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The calls of one session. */
export class Gateway implements Disposable {
  readonly pods: Client<PodServiceDefinition>;
  readonly node: Client<NodeServiceDefinition>;
  readonly #left = new AbortController();
  options: CallOptions = { signal: this.#left.signal };
  readonly #channel: ReturnType<typeof openChannel>;

  constructor(socket: string) {
    this.#channel = openChannel({ address: parseAddress(`unix://${socket}`) });
    this.pods = connect(PodServiceDefinition, this.#channel);
    this.node = connect(NodeServiceDefinition, this.#channel);
  }

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
    await eventually(async () => (await this.node.getNode({}, this.options)).inventoryComplete);
  }

  /** Makes a pod; command, environment and files of its containers come with the inputs, as from a gateway. */
  async create(uid: string, spec: PodText, given: Given = {}): Promise<void> {
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "ns", uid }, spec };
    const json = Buffer.from(JSON.stringify(pod));
    const env = Object.entries(given.env ?? {}).map(([name, text]) => ({ name, value: toValue(text) }));
    const all = [...(spec.initContainers ?? []), ...spec.containers];
    const containers = all.map(({ name, command }) => ({ name, command: command.map(toValue), env }));
    const volumes = Object.entries(given.files ?? {}).map(([name, files]) => ({ name, files: [...files] }));
    const order = CreatePodRequest.fromPartial({
      uid,
      specRevision: 1n,
      specDigest: createHash("sha256").update(json).digest(),
      manifest: { json },
      inputs: PodInputs.fromPartial({ containers, volumes, hostname: "p", podHostNames: ["p"] }),
      inputVersion: 1n,
      startTime: new Date(),
    });
    await this.pods.createPod(order, this.options);
  }

  async pod(uid: string): Promise<PodObservation | undefined> {
    return (await this.pods.getPod({ uid }, this.options)).pod;
  }

  /** The first container, once it is as wanted. */
  async container(uid: string, isWanted: (shown: ContainerObservation) => boolean): Promise<ContainerObservation> {
    return await eventually(async () => {
      const shown = (await this.pod(uid))?.containers[0];
      return shown !== undefined && isWanted(shown) ? shown : undefined;
    });
  }

  async ended(uid: string): Promise<PodObservation> {
    return await eventually(async () => {
      const pod = await this.pod(uid);
      return pod?.stage === PodStage.ENDED ? pod : undefined;
    });
  }

  async removeAll(): Promise<void> {
    for await (const { event } of this.pods.watchPods({ snapshotOnly: true }, this.options)) {
      if (event?.$case !== "observation") continue;
      const { uid } = event.value;
      await this.pods.stopPod({ uid, graceSeconds: 0, reason: StopReason.USER }, this.options);
      await this.ended(uid);
      await this.pods.releasePod({ uid }, this.options);
    }
  }

  [Symbol.dispose](): void {
    this.#left.abort(new Error("the gateway is gone"));
    this.#channel[Symbol.dispose]();
  }
}

function toValue(text: string): Value {
  return { parts: [{ part: { $case: "literal", value: Buffer.from(text) } }] };
}

/** A file of a volume. */
export function fileOf(path: string, text: string, fields: Partial<FileInput> = {}): FileInput {
  return { path, mode: 0o644, sha256: new Uint8Array(), content: Buffer.from(text), sensitive: false, ...fields };
}
