/** From a sketch of a pod to the order that a gateway would send: defaulted manifest, digest, inputs. */
import { createHash, randomUUID } from "node:crypto";
import {
  type ContainerInputs,
  type CreatePodRequest,
  type EnvVar,
  featureOf,
  type FeatureId,
  PodInputs,
  type PodInputs as Inputs,
  type Value,
  type VolumeInputs,
} from "@outboard/contract";
import type { Behaviour, Kit, Params } from "./kit.js";

/** One container of a sketch. */
export interface ContainerSketch {
  readonly name?: string;
  readonly behaviour: Behaviour;
  readonly params?: Params;
  readonly env?: readonly EnvVar[];
  readonly mounts?: readonly { readonly name: string; readonly mountPath: string; readonly subPath?: string }[];
  readonly ports?: readonly number[];
  readonly error?: { readonly reason: string; readonly message: string };
  readonly isInit?: boolean;
  readonly isSidecar?: boolean;
  readonly tty?: boolean;
  /** Laid over the container of the manifest. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** Laid over the container's inputs. */
  readonly inputs?: Partial<ContainerInputs>;
}

/** A pod as a check asks for it. */
export interface PodSketch {
  readonly uid?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly containers: readonly ContainerSketch[];
  readonly restartPolicy?: "Always" | "OnFailure" | "Never";
  readonly grace?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly volumes?: readonly VolumeInputs[];
  readonly features?: readonly FeatureId[];
  /** Laid over the spec of the manifest. */
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Laid over the pod's inputs. */
  readonly inputs?: Partial<Inputs>;
}

/** What the run adds to each sketch. */
export interface SketchTools {
  readonly kit: Kit;
  readonly runId: string;
  readonly declares: (feature: FeatureId) => boolean;
}

/** The request of CreatePod for a sketch. */
export function orderOf(sketch: PodSketch, tools: SketchTools): CreatePodRequest {
  const uid = sketch.uid ?? randomUUID();
  const json = manifestOf(sketch, uid, tools);
  return {
    uid,
    specRevision: 1n,
    specDigest: digestOf(json),
    manifest: { json },
    inputs: inputsOf(sketch, uid, tools),
    inputVersion: 1n,
    startTime: new Date(Math.floor(Date.now() / 1000) * 1000),
    prior: [],
  };
}

/** SHA-256, as the contract wants it. */
export function digestOf(json: Uint8Array): Uint8Array {
  return createHash("sha256").update(json).digest();
}

/** The order with a manifest that differs: other digest. */
export function withManifest(order: CreatePodRequest, change: (pod: ManifestObject) => void): CreatePodRequest {
  const pod = JSON.parse(Buffer.from(order.manifest?.json ?? new Uint8Array()).toString("utf8")) as ManifestObject;
  change(pod);
  const json = Buffer.from(JSON.stringify(pod));
  return { ...order, manifest: { json }, specDigest: digestOf(json) };
}

/** A manifest as far as checks change it. */
export interface ManifestObject {
  metadata: { labels?: Record<string, string>; annotations?: Record<string, string> } & Record<string, unknown>;
  spec: Record<string, unknown>;
  [field: string]: unknown;
}

/** A value that is literal bytes. */
export function literal(text: string | Uint8Array): Value {
  return { parts: [{ part: { $case: "literal", value: typeof text === "string" ? Buffer.from(text) : text } }] };
}

/** A volume that the gateway fills, with the texts of its files by path. */
export function fileVolume(name: string, files: Readonly<Record<string, string>>): VolumeInputs {
  return {
    name,
    files: Object.entries(files).map(([path, text]) => {
      const content = Buffer.from(text);
      return { path, mode: 0o644, sha256: digestOf(content), content, sensitive: false };
    }),
  };
}

/** Name of a container; the first is "main" unless the sketch says otherwise. */
export function nameOf(container: ContainerSketch, index: number): string {
  return container.name ?? (index === 0 ? "main" : `main-${index}`);
}

function manifestOf(sketch: PodSketch, uid: string, { kit, runId }: SketchTools): Uint8Array {
  const made = sketch.containers.map((container, index) => {
    const name = nameOf(container, index);
    const recipe = kit.container(container.behaviour, { ...container.params, container: name });
    return { container, name, recipe };
  });
  const isFirst = ({ container }: { readonly container: ContainerSketch }) =>
    container.isInit === true || container.isSidecar === true;
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: podName(sketch, uid),
      namespace: sketch.namespace ?? "conformance",
      uid,
      creationTimestamp: new Date().toISOString().replace(/\.\d+Z/, "Z"),
      labels: { "conformance.outboard.dev/run": runId, ...sketch.labels },
      annotations: Object.assign({}, ...made.map(({ recipe }) => recipe.annotations)) as unknown,
    },
    spec: {
      initContainers: made.filter(isFirst).map(toContainer),
      containers: made.filter((each) => !isFirst(each)).map(toContainer),
      volumes: (sketch.volumes ?? []).map(({ name }) => ({
        name,
        configMap: { name, defaultMode: 420 },
      })),
      restartPolicy: sketch.restartPolicy ?? "Never",
      terminationGracePeriodSeconds: sketch.grace ?? 30,
      dnsPolicy: "ClusterFirst",
      nodeName: "conformance",
      schedulerName: "default-scheduler",
      securityContext: {},
      enableServiceLinks: true,
      automountServiceAccountToken: false,
      ...sketch.spec,
    },
  };
  return Buffer.from(JSON.stringify(pod));
}

interface Made {
  readonly container: ContainerSketch;
  readonly name: string;
  readonly recipe: ReturnType<Kit["container"]>;
}

function toContainer({ container, name, recipe }: Made): Record<string, unknown> {
  return {
    name,
    image: recipe.image,
    ...(recipe.command.length > 0 ? { command: recipe.command } : {}),
    ...(recipe.stdin ? { stdin: true } : {}),
    ...(container.tty ? { tty: true } : {}),
    ...(container.isSidecar ? { restartPolicy: "Always" } : {}),
    ...(container.mounts ? { volumeMounts: container.mounts } : {}),
    ...(container.ports ? { ports: container.ports.map((port) => ({ containerPort: port, protocol: "TCP" })) } : {}),
    resources: {},
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: "IfNotPresent",
    ...container.extra,
  };
}

function inputsOf(sketch: PodSketch, uid: string, { kit, declares }: SketchTools): Inputs {
  const name = podName(sketch, uid);
  const features = (sketch.features ?? []).filter(declares).flatMap((id) => featureOf(id)?.number ?? []);
  return PodInputs.create({
    containers: sketch.containers.map((container, index): ContainerInputs => {
      const own = nameOf(container, index);
      const { command } = kit.container(container.behaviour, { ...container.params, container: own });
      return {
        name: own,
        env: container.env ?? [],
        command: command.map(literal),
        args: [],
        subPaths: [],
        registryCredentials: [],
        ...(container.error === undefined ? {} : { error: container.error }),
        ...container.inputs,
      };
    }),
    volumes: sketch.volumes ?? [],
    hostname: name.slice(0, 63),
    podHostNames: [name],
    admittedFeatures: features as Inputs["admittedFeatures"],
    ...sketch.inputs,
  });
}

function podName(sketch: PodSketch, uid: string): string {
  return sketch.name ?? `conf-${uid.slice(0, 8)}`;
}
