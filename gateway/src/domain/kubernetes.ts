/**
 * Kubernetes objects as they travel: plain JSON, times as RFC 3339 text. Derived from client-node's types, of which nothing
 * is loaded at run time.
 */
import type {
  V1ConfigMap,
  V1Container,
  V1ContainerState,
  V1ContainerStateTerminated,
  V1ContainerStatus,
  V1Lease,
  V1Node,
  V1Pod,
  V1PodCondition,
  V1PodSpec,
  V1PodStatus,
  V1Secret,
  V1Service,
  V1Volume,
} from "@kubernetes/client-node";

/** A JSON view of a client-node type: deeply readonly, Date as text. */
export type Json<T> = T extends Date
  ? string
  : T extends (infer Item)[]
    ? readonly Json<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Json<T[Key]> }
      : T;

export type ConfigMap = Json<V1ConfigMap>;
export type Container = Json<V1Container>;
export type ContainerStateStatus = Json<V1ContainerState>;
export type ContainerStatus = Json<V1ContainerStatus>;
export type Lease = Json<V1Lease>;
export type Node = Json<V1Node>;
export type PodCondition = Json<V1PodCondition>;
export type PodSpec = Json<V1PodSpec>;
export type PodStatus = Json<V1PodStatus>;
export type Secret = Json<V1Secret>;
export type Service = Json<V1Service>;
export type TerminatedStatus = Json<V1ContainerStateTerminated>;
export type Volume = Json<V1Volume>;

/** Quantities by resource name. */
export type Quantities = Readonly<Record<string, string>>;

/** metadata of an object that an API server (or our standalone defaulting) has taken: what we always need is there. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly Readonly<Record<string, unknown>>[];
}

/** A pod with its defaults set. */
export interface Pod extends Omit<Json<V1Pod>, "metadata" | "spec"> {
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
}
