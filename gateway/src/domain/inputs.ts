/** Everything that the gateway resolves for a pod before a provider gets it. Mirrors the contract's PodInputs. */
import type { Resources } from "./observation.js";

/** One part of a value: known now, or filled in by the provider at each start of the container. */
export type ValuePart =
  | { readonly kind: "literal"; readonly bytes: Uint8Array }
  | { readonly kind: "address"; readonly slot: "podIP" | "podIPs" | "hostIP" | "hostIPs" }
  | {
      readonly kind: "fileKey";
      readonly volume: string;
      readonly path: string;
      readonly key: string;
      readonly optional: boolean;
      readonly ifMissing?: Uint8Array;
    };

/** A value put together from parts, without separator. */
export type Value = readonly ValuePart[];

/** One environment variable. */
export interface EnvVar {
  readonly name: string;
  readonly value: Value;
}

/** Credentials for a registry, as in the CRI's AuthConfig. Empty text: not set. */
export interface RegistryCredential {
  readonly serverAddress: string;
  readonly username: string;
  readonly password: string;
  readonly identityToken: string;
  readonly registryToken: string;
}

/** What was resolved for one container. */
export interface ContainerInputs {
  readonly name: string;
  readonly env: readonly EnvVar[];
  readonly command: readonly Value[];
  readonly args: readonly Value[];
  readonly subPaths: readonly { readonly mountPath: string; readonly path: Value }[];
  readonly resources?: Resources;
  readonly registryCredentials: readonly RegistryCredential[];
  /** Set: the container waits with this reason; the rest is then not complete. */
  readonly error?: { readonly reason: string; readonly message: string };
}

/** One file of a volume. */
export interface FileInput {
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly content: Uint8Array;
  /** From a Secret or a token. */
  readonly sensitive: boolean;
  /** RFC 3339; absent: never. */
  readonly expiresAt?: string;
}

/** Contents of one volume that the gateway fills. */
export interface VolumeInputs {
  readonly name: string;
  readonly files: readonly FileInput[];
}

/** What it takes to pull the image of one volume. */
export interface ImageVolumeInputs {
  readonly name: string;
  readonly registryCredentials: readonly RegistryCredential[];
}

/** Contents of resolv.conf. */
export interface DNSConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

/** Everything resolved for one pod; always whole. */
export interface PodInputs {
  readonly containers: readonly ContainerInputs[];
  readonly volumes: readonly VolumeInputs[];
  /** Volumes of kind image that there are credentials for; absent: none. */
  readonly imageVolumes?: readonly ImageVolumeInputs[];
  /** Absent: the backend's own. */
  readonly dns?: DNSConfig;
  readonly hostname: string;
  readonly podHostNames: readonly string[];
  readonly hosts: readonly { readonly ip: string; readonly hostnames: readonly string[] }[];
  readonly runtimeHandler: string;
  /** Feature ids. */
  readonly admittedFeatures: readonly string[];
  readonly resources?: Resources;
}
