/** What each command is configured with; frozen values. Flags and defaults: settings.ts. */
import type { FeaturePolicy } from "../domain/admission-features.js";
import type { NodeAddress, Taint } from "./node-parsers.js";

/** How to reach the provider. */
export interface ProviderConfig {
  readonly provider: string;
  readonly providerCA: string | undefined;
  readonly providerCert: string | undefined;
  readonly providerKey: string | undefined;
  readonly providerInsecure: boolean;
}

/** The kubelet port and the management port. */
export interface KubeletConfig {
  readonly kubeletAddress: string;
  readonly kubeletPort: number;
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly clientCA: string | undefined;
  readonly managementAddress: string;
  readonly managementPort: number;
}

/** Whose habits are followed where the kubelet's and virtual-kubelet's differ and clients may depend on either. */
export type Compatibility = "kubelet" | "virtual-kubelet";

/** How pods are treated. */
export interface PodsConfig {
  readonly clusterDNS: readonly string[];
  readonly clusterDomain: string;
  readonly featurePolicy: Readonly<Record<string, FeaturePolicy>>;
  readonly capacityTimeoutSeconds: number;
  readonly compatibility: Compatibility;
}

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "silent";

/** `outboard gateway`. */
export interface GatewayConfig extends ProviderConfig, KubeletConfig, PodsConfig {
  readonly nodeName: string;
  readonly kubeconfig: string | undefined;
  readonly clusterId: string | undefined;
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly nodeAnnotations: Readonly<Record<string, string>>;
  readonly nodeTaints: readonly Taint[] | undefined;
  readonly nodeAddresses: readonly NodeAddress[] | undefined;
  readonly providerID: string | undefined;
  readonly serverCertificate: "csr" | "self-signed";
  readonly kubeApiQps: number;
  /** undefined: twice kubeApiQps. */
  readonly kubeApiBurst: number | undefined;
  readonly logLevel: LogLevel;
}

/** `outboard standalone`. */
export interface StandaloneConfig extends ProviderConfig, KubeletConfig, PodsConfig {
  readonly manifests: string;
  readonly state: string | undefined;
  readonly nodeName: string;
  readonly once: boolean;
  readonly output: "table" | "json" | "none";
  readonly logLevel: LogLevel;
}

/** `outboard inspect`. */
export interface InspectConfig extends ProviderConfig {
  readonly output: "text" | "json";
}
