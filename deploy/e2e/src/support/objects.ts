// The parts of Kubernetes objects that cluster tests look at, as they stand in the API's JSON.

import type { KubeObject, ObjectMeta } from "@outboard/devcluster";

export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
  readonly lastHeartbeatTime?: string;
}

export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: {
    readonly exitCode: number;
    readonly signal?: number;
    readonly reason?: string;
    readonly message?: string;
    readonly startedAt?: string;
    readonly finishedAt?: string;
    readonly containerID?: string;
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly started?: boolean;
  readonly restartCount: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
  readonly containerID?: string;
  readonly image: string;
  readonly imageID: string;
}

export interface PodStatus {
  readonly phase?: "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown";
  readonly reason?: string;
  readonly message?: string;
  readonly podIP?: string;
  readonly hostIP?: string;
  readonly startTime?: string;
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
  readonly ephemeralContainerStatuses?: readonly ContainerStatus[];
}

export interface Container {
  readonly stdin?: boolean;
  readonly tty?: boolean;
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly object[];
  readonly envFrom?: readonly object[];
  readonly ports?: readonly object[];
  readonly volumeMounts?: readonly object[];
  readonly restartPolicy?: "Always";
  readonly readinessProbe?: object;
  readonly livenessProbe?: object;
  readonly startupProbe?: object;
  readonly lifecycle?: object;
  readonly resources?: object;
}

export interface PodSpec {
  readonly nodeName?: string;
  readonly restartPolicy?: "Always" | "OnFailure" | "Never";
  readonly terminationGracePeriodSeconds?: number;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly object[];
  readonly tolerations?: readonly object[];
  readonly affinity?: object;
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly activeDeadlineSeconds?: number;
}

export interface Pod extends KubeObject {
  readonly spec: PodSpec;
  readonly status?: PodStatus;
}

export interface Deployment extends KubeObject {
  readonly spec: {
    readonly replicas: number;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: { readonly metadata: Partial<ObjectMeta>; readonly spec: PodSpec };
  };
  readonly status?: {
    readonly readyReplicas?: number;
    readonly replicas?: number;
    readonly observedGeneration?: number;
  };
}

export interface Node extends KubeObject {
  readonly spec?: { readonly taints?: readonly object[]; readonly providerID?: string };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly capacity?: Readonly<Record<string, string>>;
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly daemonEndpoints?: { readonly kubeletEndpoint?: { readonly Port: number } };
    readonly nodeInfo?: Readonly<Record<string, string>>;
  };
}

export interface Lease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
    readonly leaseDurationSeconds?: number;
  };
}

export interface CoreEvent extends KubeObject {
  readonly involvedObject: {
    readonly kind: string;
    readonly name: string;
    readonly uid?: string;
    readonly fieldPath?: string;
  };
  readonly reason?: string;
  readonly message?: string;
  readonly type?: "Normal" | "Warning";
  readonly count?: number;
}

/** The condition of that type, of a pod or a node. */
export function conditionOf(
  object: { readonly status?: { readonly conditions?: readonly Condition[] } },
  type: string,
): Condition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type);
}
