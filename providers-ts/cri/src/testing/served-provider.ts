/** The provider's program as a process of its own, and a gateway's calls to it: for tests that kill it and start it again. */
import { spawn, type ChildProcess } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
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
  type GetNodeResponse,
  type PodObservation,
  type Resources,
} from "@outboard/contract";
import { BUSYBOX_IMAGE } from "@outboard/runtimes";
import { CGROUP_ROOT, eventually } from "./world.js";

const BINARY = fileURLToPath(new URL("../../bin/outboard-provider-cri.mjs", import.meta.url));

export type ContainerText = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly command: readonly string[];
};

export type PodText = Readonly<Record<string, unknown>> & { readonly containers: readonly ContainerText[] };

/** What a gateway resolves for a pod. */
export interface Given {
  readonly files?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly resources?: Resources;
}

/** Stands for one provider with one state folder, over several lives of its process. */
export class ServedProvider implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "cri-served-"));
  readonly state: string = join(this.folder, "state");
  readonly #endpoint: string;
  readonly #socket = join(this.folder, "s/p.sock");
  #child: ChildProcess | undefined;
  #instances = 0;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  async start(): Promise<void> {
    rmSync(this.#socket, { force: true });
    const flags = ["--listen", `unix://${this.#socket}`, "--state", this.state, "--log-level", "fatal"];
    const own = ["--cri-socket", this.#endpoint, "--cgroup-root", CGROUP_ROOT];
    this.#child = spawn(process.execPath, [BINARY, ...flags, ...own], { stdio: ["ignore", 2, 2] });
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
  async gateway(): Promise<Gateway> {
    const gateway = new Gateway(this.#socket);
    await gateway.shakeHands(++this.#instances);
    return gateway;
  }

  /** What a container's instance printed, without the log's marks; "" before there is a log. */
  output(uid: string, container: string, attempt = 0): string {
    const path = join(this.state, "engine/pods", uid, "logs", container, `${String(attempt)}.log`);
    if (!existsSync(path)) return "";
    return readFileSync(path, "utf8").replaceAll(/^\S+ std(?:out|err) F /gm, "");
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

  async shakeHands(instance: number): Promise<void> {
    const { sessionId } = await connect(IdentityServiceDefinition, this.#channel).handshake(
      {
        revisions: [1],
        gatewayName: "test",
        gatewayVersion: "1",
        instanceId: `gateway-${String(instance)}`,
        mode: SessionMode.OWNER,
        fencing: BigInt(instance),
        clusterId: "cluster",
        nodeName: "node",
        nodeConfiguration: { clusterDns: [], clusterDomain: "", podCidrs: [], kubernetesVersion: "" },
      },
      this.options,
    );
    this.options = { ...this.options, metadata: { "outboard-session": sessionId } };
    await eventually(async () => (await this.node.getNode({}, this.options)).inventoryComplete || undefined);
  }

  /** Makes a pod; commands and files come with the inputs, as from a gateway. */
  async create(spec: PodText, given: Given = {}): Promise<string> {
    const uid = randomUUID();
    const containers = [...((spec["initContainers"] ?? []) as readonly ContainerText[]), ...spec.containers];
    const inputs = {
      hostname: "pod",
      podHostNames: ["pod"],
      containers: containers.map(({ name, command }) => ({
        name,
        command: command.map((text) => ({ parts: [literal(text)] })),
        resources: given.resources,
      })),
      volumes: Object.entries(given.files ?? {}).map(([name, files]) => ({
        name,
        files: Object.entries(files).map(([path, text]) => toFile(path, text)),
      })),
    };
    const metadata = { name: "pod", namespace: "default", uid };
    const complete = {
      terminationGracePeriodSeconds: 2,
      ...spec,
      containers: spec.containers.map((one) => ({ image: BUSYBOX_IMAGE, ...one })),
      initContainers: ((spec["initContainers"] ?? []) as readonly ContainerText[]).map((one) => ({
        image: BUSYBOX_IMAGE,
        ...one,
      })),
    };
    const json = Buffer.from(JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata, spec: complete }));
    const request = CreatePodRequest.fromPartial({
      uid,
      specRevision: 1n,
      specDigest: createHash("sha256").update(json).digest(),
      manifest: { json },
      inputs: PodInputs.fromPartial(inputs),
      inputVersion: 1n,
      startTime: new Date(),
    });
    await this.pods.createPod(request, this.options);
    return uid;
  }

  async see(uid: string): Promise<PodObservation | undefined> {
    return (await this.pods.getPod({ uid }, this.options)).pod;
  }

  /** Waits until the pod is as wanted. */
  async until(uid: string, isWanted: (pod: PodObservation) => boolean): Promise<PodObservation> {
    return await eventually(async () => {
      const pod = await this.see(uid);
      return pod !== undefined && isWanted(pod) ? pod : undefined;
    });
  }

  async untilRunning(uid: string, name = "main", restarts = 0): Promise<ContainerObservation> {
    const pod = await this.until(uid, (seen) => isRunning(containerOf(seen, name), restarts));
    const found = containerOf(pod, name);
    if (found === undefined) throw new Error("it is gone");
    return found;
  }

  async state(): Promise<GetNodeResponse> {
    return await this.node.getNode({}, this.options);
  }

  async remove(uid: string): Promise<void> {
    const stop = { uid, graceSeconds: 0, reason: StopReason.USER };
    await this.pods.stopPod(stop, this.options).catch(() => {});
    await this.until(uid, ({ stage }) => stage === PodStage.ENDED);
    await this.pods.releasePod({ uid }, this.options);
  }

  async removeAll(): Promise<void> {
    const uids: string[] = [];
    for await (const { event } of this.pods.watchPods({ snapshotOnly: true }, this.options)) {
      if (event?.$case === "observation") uids.push(event.value.uid);
    }
    for (const uid of uids) await this.remove(uid);
  }

  [Symbol.dispose](): void {
    this.#left.abort(new Error("the gateway leaves"));
    this.#channel[Symbol.dispose]();
  }
}

export function containerOf(pod: PodObservation, name: string): ContainerObservation | undefined {
  return pod.containers.find((container) => container.name === name);
}

function isRunning(container: ContainerObservation | undefined, restarts: number): boolean {
  return container?.state?.$case === "running" && container.restartCount >= restarts;
}

function literal(text: string) {
  return { part: { $case: "literal" as const, value: Buffer.from(text) } };
}

function toFile(path: string, text: string): FileInput {
  const content = Buffer.from(text);
  return { path, mode: 0o644, sha256: createHash("sha256").update(content).digest(), content, sensitive: true };
}
