/** The part of the Pod's JSON that the engine reads, and its containers in order. Knows nothing of Kubernetes libraries. */

/** How one container of the Manifest relates to the others. */
export type ContainerKindName = "init" | "sidecar" | "main" | "ephemeral";

/** One rule of restartPolicyRules. */
export interface RestartRule {
  readonly action?: string;
  readonly exitCodes?: { readonly operator?: string; readonly values?: readonly number[] };
}

/** A volumeMount. */
export interface VolumeMountManifest {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
  readonly subPath?: string;
  readonly subPathExpr?: string;
}

/** An environment variable; without value: one that the gateway resolves. */
export interface EnvManifest {
  readonly name: string;
  readonly value?: string;
}

/** Where an HTTP probe or hook goes. */
export interface HttpGetManifest {
  readonly path?: string;
  readonly port: number | string;
  readonly host?: string;
  readonly scheme?: string;
  readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
}

/** What a probe or hook does; one of the fields is set. */
export interface ActionManifest {
  readonly exec?: { readonly command?: readonly string[] };
  readonly httpGet?: HttpGetManifest;
  readonly tcpSocket?: { readonly port: number | string; readonly host?: string };
  readonly grpc?: { readonly port: number; readonly service?: string };
  readonly sleep?: { readonly seconds: number };
}

/** A probe. */
export interface ProbeManifest extends ActionManifest {
  readonly initialDelaySeconds?: number;
  readonly timeoutSeconds?: number;
  readonly periodSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
  readonly terminationGracePeriodSeconds?: number;
}

/** Resources, as the pod's author wrote them. */
export interface ResourcesManifest {
  readonly limits?: Readonly<Record<string, string>>;
}

/** A container. */
export interface ContainerManifest {
  readonly name: string;
  readonly image?: string;
  readonly imagePullPolicy?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvManifest[];
  readonly workingDir?: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly hostPort?: number }[];
  readonly volumeMounts?: readonly VolumeMountManifest[];
  readonly restartPolicy?: string;
  readonly restartPolicyRules?: readonly RestartRule[];
  readonly resources?: unknown;
  readonly resizePolicy?: readonly { readonly resourceName: string; readonly restartPolicy: string }[];
  readonly livenessProbe?: ProbeManifest;
  readonly readinessProbe?: ProbeManifest;
  readonly startupProbe?: ProbeManifest;
  readonly lifecycle?: {
    readonly postStart?: ActionManifest;
    readonly preStop?: ActionManifest;
    readonly stopSignal?: string;
  };
  readonly terminationMessagePath?: string;
  readonly terminationMessagePolicy?: string;
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly stdin?: boolean;
  readonly stdinOnce?: boolean;
  readonly tty?: boolean;
}

/** A volume: its name and the kinds that the engine makes itself. */
export interface VolumeManifest {
  readonly name: string;
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string };
  readonly hostPath?: { readonly path: string; readonly type?: string };
  readonly image?: { readonly reference?: string; readonly pullPolicy?: string };
  readonly configMap?: unknown;
  readonly secret?: unknown;
  readonly downwardAPI?: unknown;
  readonly projected?: unknown;
}

/** The Pod. */
export interface PodManifest {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly restartPolicy?: string;
    readonly terminationGracePeriodSeconds?: number;
    readonly hostNetwork?: boolean;
    readonly shareProcessNamespace?: boolean;
    readonly securityContext?: Readonly<Record<string, unknown>>;
    readonly initContainers?: readonly ContainerManifest[];
    readonly containers: readonly ContainerManifest[];
    readonly ephemeralContainers?: readonly ContainerManifest[];
    readonly volumes?: readonly VolumeManifest[];
    readonly resources?: ResourcesManifest;
    readonly overhead?: Readonly<Record<string, string>>;
  };
}

/** A container with its kind. */
export interface NamedContainer {
  readonly kind: ContainerKindName;
  readonly container: ContainerManifest;
}

const NOT_A_POD = "manifest.json is not the JSON of a Pod with metadata.name, metadata.namespace and spec.containers";

/** Reads Manifest.json. Throws a plain sentence, without content, when it is no Pod. */
export function parseManifest(json: Uint8Array): PodManifest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json));
  } catch {
    throw new Error(NOT_A_POD);
  }
  if (!isPod(value)) throw new Error(NOT_A_POD);
  return value;
}

function isPod(value: unknown): value is PodManifest {
  const pod = value as Partial<PodManifest> | null;
  return (
    typeof pod === "object" &&
    typeof pod?.metadata?.name === "string" &&
    typeof pod.metadata.namespace === "string" &&
    Array.isArray(pod.spec?.containers) &&
    pod.spec.containers.length > 0
  );
}

/** All containers: init (sidecars among them), main, ephemeral. */
export function containersOf(pod: PodManifest): readonly NamedContainer[] {
  return [
    ...(pod.spec.initContainers ?? []).map((container): NamedContainer => ({ kind: initKind(container), container })),
    ...pod.spec.containers.map((container): NamedContainer => ({ kind: "main", container })),
    ...(pod.spec.ephemeralContainers ?? []).map((container): NamedContainer => ({ kind: "ephemeral", container })),
  ];
}

/** Whether any container mounts it: nothing is checked of a volume that none does. */
export function isMounted(pod: PodManifest, volume: string): boolean {
  return containersOf(pod).some(
    ({ container }) => container.volumeMounts?.some(({ name }) => name === volume) === true,
  );
}

function initKind(container: ContainerManifest): ContainerKindName {
  return container.restartPolicy === "Always" ? "sidecar" : "init";
}

/** The pod's grace period in milliseconds, default 30 s. */
export function graceMsOf(pod: PodManifest): number {
  return (pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
}

/** `name_namespace(uid)`, as the kubelet writes a pod in messages. */
export function formatPod(pod: { readonly name: string; readonly namespace: string; readonly uid: string }): string {
  return `${pod.name}_${pod.namespace}(${pod.uid})`;
}
