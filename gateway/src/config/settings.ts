/** The settings of each command, one row each: this table is the schema, the flags, the environment and --help. */
import { annotations, ipAddress, labels, nodeAddress, nodeName, taint } from "./node-parsers.js";
import { featurePolicy } from "./pod-parsers.js";
import { providerAddress } from "./provider-parsers.js";
import type {
  GatewayConfig,
  InspectConfig,
  KubeletConfig,
  LogLevel,
  PodsConfig,
  ProviderConfig,
  StandaloneConfig,
} from "./config.js";
import type { SettingsOf } from "./read.js";
import { flag, list, oneOf, type Parser, type Setting, text, whole } from "./setting.js";

const port = whole(0, 65_535);

function setting<Value>(path: string, name: string, parse: Parser<Value>, help: string): Setting<Value> {
  return { path, flag: name, text: help, parse };
}

function optional<Value>(base: Setting<Value>, fallback: NoInfer<Value>, isSwitch?: boolean): Setting<Value>;
function optional<Value>(base: Setting<Value>, fallback: undefined): Setting<Value | undefined>;
function optional(base: Setting<unknown>, fallback: unknown, isSwitch = false): Setting<unknown> {
  return { ...base, fallback, isSwitch };
}

/** Settings that mean something only with the others of their group. */
function together<Value>(base: Setting<Value>, group: readonly string[]): Setting<Value> {
  return { ...base, needs: group.filter((name) => name !== base.flag) };
}

const PROVIDER_TLS = ["provider-ca", "provider-cert", "provider-key"];
const SERVING_TLS = ["tls-cert", "tls-key"];

const provider: SettingsOf<ProviderConfig> = {
  provider: {
    ...setting(
      "provider.address",
      "provider",
      providerAddress,
      "address of the provider: unix:///path or tcp://host:port",
    ),
    check: (address, { providerCA, providerInsecure }) =>
      String(address).startsWith("tcp:") && providerCA === undefined && providerInsecure !== true
        ? "tcp:// needs --provider-ca, --provider-cert and --provider-key, or --provider-insecure"
        : undefined,
  },
  providerCA: together(
    optional(setting("provider.ca", "provider-ca", text, "CA file for tcp://"), undefined),
    PROVIDER_TLS,
  ),
  providerCert: together(
    optional(setting("provider.cert", "provider-cert", text, "client certificate file for tcp://"), undefined),
    PROVIDER_TLS,
  ),
  providerKey: together(
    optional(setting("provider.key", "provider-key", text, "client key file for tcp://"), undefined),
    PROVIDER_TLS,
  ),
  providerInsecure: optional(
    setting("provider.insecure", "provider-insecure", flag, "allow tcp:// without TLS"),
    false,
    true,
  ),
};

const logLevel: Setting<LogLevel> = optional(
  setting(
    "log.level",
    "log-level",
    oneOf("trace", "debug", "info", "warn", "error", "silent"),
    "least level that is logged",
  ),
  "info",
);

const kubelet: SettingsOf<KubeletConfig> = {
  kubeletAddress: optional(
    setting("kubelet.address", "kubelet-address", ipAddress, "address of the kubelet port"),
    "0.0.0.0",
  ),
  kubeletPort: optional(setting("kubelet.port", "kubelet-port", port, "the kubelet's HTTPS port; 0: any"), 10_250),
  tlsCert: together(
    optional(setting("kubelet.tlsCert", "tls-cert", text, "serving certificate file, read again on change"), undefined),
    SERVING_TLS,
  ),
  tlsKey: together(
    optional(setting("kubelet.tlsKey", "tls-key", text, "key file of the serving certificate"), undefined),
    SERVING_TLS,
  ),
  clientCA: optional(setting("kubelet.clientCA", "client-ca", text, "CA file for client certificates"), undefined),
  managementAddress: optional(
    setting(
      "management.address",
      "management-address",
      ipAddress,
      "address of the plain HTTP port for health and metrics",
    ),
    "127.0.0.1",
  ),
  managementPort: optional(
    setting("management.port", "management-port", port, "port for health and metrics; 0: any"),
    10_248,
  ),
};

const pods: SettingsOf<PodsConfig> = {
  clusterDNS: optional(
    setting("pods.clusterDNS", "cluster-dns", list(ipAddress), "IPs of the cluster's DNS service"),
    [],
  ),
  clusterDomain: optional(
    setting("pods.clusterDomain", "cluster-domain", text, "domain of the cluster"),
    "cluster.local",
  ),
  featurePolicy: optional(
    setting(
      "pods.featurePolicy",
      "feature-policy",
      featurePolicy,
      "FEATURE=refuse|warn|omit for features that the provider lacks",
    ),
    {},
  ),
  capacityTimeoutSeconds: optional(
    setting(
      "pods.capacityTimeoutSeconds",
      "capacity-timeout-seconds",
      whole(0, 86_400),
      "how long a pod may wait for room",
    ),
    300,
  ),
  compatibility: optional(
    setting(
      "pods.compatibility",
      "compatibility",
      oneOf("kubelet", "virtual-kubelet"),
      "whose event reasons and order of labels to use",
    ),
    "kubelet",
  ),
};

/** `outboard gateway`. */
export const GATEWAY_SETTINGS: SettingsOf<GatewayConfig> = {
  nodeName: setting("node.name", "node-name", nodeName, "name of the node"),
  kubeconfig: optional(setting("kubeconfig", "kubeconfig", text, "kubeconfig file; absent: in-cluster"), undefined),
  ...provider,
  clusterId: optional(
    setting("clusterId", "cluster-id", text, "id of the cluster; absent: derived from its CA"),
    undefined,
  ),
  nodeLabels: optional(setting("node.labels", "node-labels", labels, "labels of the node: KEY=VALUE,..."), {}),
  nodeAnnotations: optional(
    setting("node.annotations", "node-annotations", annotations, "annotations of the node"),
    {},
  ),
  nodeTaints: optional(
    setting(
      "node.taints",
      "node-taints",
      list(taint),
      "taints at registration; absent: virtual-kubelet.io/provider=NAME:NoSchedule",
    ),
    undefined,
  ),
  nodeAddresses: optional(
    setting("node.addresses", "node-addresses", list(nodeAddress), "addresses of the node: TYPE=ADDRESS,..."),
    undefined,
  ),
  providerID: optional(setting("node.providerID", "provider-id", text, "spec.providerID of the node"), undefined),
  ...kubelet,
  serverCertificate: optional(
    setting(
      "kubelet.serverCertificate",
      "server-certificate",
      oneOf("csr", "self-signed"),
      "where the serving certificate comes from without tls-cert",
    ),
    "self-signed",
  ),
  ...pods,
  kubeApiQps: optional(
    setting(
      "api.qps",
      "kube-api-qps",
      whole(1, 100_000),
      "requests per second to the API server, leases first and events last (a kubelet's default: 50)",
    ),
    400,
  ),
  kubeApiBurst: optional(
    setting(
      "api.burst",
      "kube-api-burst",
      whole(1, 100_000),
      "requests at once after a pause; absent: twice kube-api-qps (a kubelet's default: 100)",
    ),
    undefined,
  ),
  logLevel,
};

/** `outboard standalone`. */
export const STANDALONE_SETTINGS: SettingsOf<StandaloneConfig> = {
  ...provider,
  manifests: setting("manifests", "manifests", text, "folder of Pod, ConfigMap and Secret manifests"),
  state: optional(
    setting(
      "state",
      "state",
      text,
      "folder for state, for one process at a time; absent: .outboard beside the manifest folder",
    ),
    undefined,
  ),
  nodeName: optional(setting("node.name", "node-name", nodeName, "name that pods see as their node"), "standalone"),
  ...kubelet,
  kubeletAddress: { ...kubelet.kubeletAddress, fallback: "127.0.0.1" },
  once: optional(setting("once", "once", flag, "end when every pod has ended"), false, true),
  output: optional(
    setting("output", "output", oneOf("table", "json", "none"), "how the pods' status is printed"),
    "table",
  ),
  ...pods,
  logLevel: { ...logLevel, fallback: "warn" },
};

/** `outboard inspect`. */
export const INSPECT_SETTINGS: SettingsOf<InspectConfig> = {
  ...provider,
  output: optional(setting("output", "output", oneOf("text", "json"), "form of the answer; -o for short"), "text"),
};
