// The command lines of the four components, as pure functions of paths, ports and options.

import { join } from "node:path";
import type { Pki } from "./pki.js";

export interface ControlPlaneOptions {
  /** Feature gates for API server, controller manager and scheduler. */
  readonly featureGates?: Readonly<Record<string, boolean>>;
  /** API server: trust only kubelet serving certificates of this CA file; "cluster" names the own CA. Default: any. */
  readonly kubeletCertificateAuthority?: string;
  /** API server: write an audit log (metadata of every request) to this file. */
  readonly auditLog?: string;
  /** Controller manager: seconds without a lease until a node counts as gone. Default: Kubernetes' own. */
  readonly nodeMonitorGraceSeconds?: number;
  /** API server: seconds that new pods tolerate a not-ready or unreachable node. Default 300. */
  readonly defaultTolerationSeconds?: number;
  readonly apiServerArgs?: readonly string[];
  readonly controllerManagerArgs?: readonly string[];
  readonly schedulerArgs?: readonly string[];
}

export interface Ports {
  readonly etcdClient: number;
  readonly etcdPeer: number;
  readonly apiServer: number;
}

export interface ControlPlaneLayout {
  readonly folder: string;
  readonly pki: Pki;
  readonly ports: Ports;
  readonly options: ControlPlaneOptions;
}

export const SERVICE_CIDR = "10.96.0.0/16";

export function etcdArgs({ folder, ports }: ControlPlaneLayout): string[] {
  const client = `http://127.0.0.1:${ports.etcdClient}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return [
    `--data-dir=${join(folder, "etcd")}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    "--unsafe-no-fsync",
    `--quota-backend-bytes=${4 * 2 ** 30}`,
    "--log-level=warn",
  ];
}

export function apiServerArgs({ folder, pki, ports, options }: ControlPlaneLayout): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${ports.etcdClient}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--secure-port=${ports.apiServer}`,
    // 127.0.0.1 is not allowed in endpoints, so the `kubernetes` service gets none.
    "--endpoint-reconciler-type=none",
    `--service-cluster-ip-range=${SERVICE_CIDR}`,
    `--tls-cert-file=${pki.path("apiserver.crt")}`,
    `--tls-private-key-file=${pki.path("apiserver.key")}`,
    `--client-ca-file=${pki.path("ca.crt")}`,
    `--cert-dir=${join(folder, "apiserver")}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--allow-privileged=true",
    ...serviceAccountArgs(pki),
    ...kubeletArgs(pki, options),
    ...frontProxyArgs(pki),
    ...auditArgs(folder, options),
    ...tolerationArgs(options),
    ...gateArgs(options),
    ...(options.apiServerArgs ?? []),
  ];
}

export function controllerManagerArgs(layout: ControlPlaneLayout): string[] {
  const { pki, options } = layout;
  const grace = options.nodeMonitorGraceSeconds;
  return [
    ...clientArgs(layout, "controller-manager"),
    "--secure-port=0",
    "--use-service-account-credentials=true",
    "--controllers=*,-node-ipam-controller",
    `--service-account-private-key-file=${pki.path("sa.key")}`,
    `--root-ca-file=${pki.path("ca.crt")}`,
    `--cluster-signing-cert-file=${pki.path("ca.crt")}`,
    `--cluster-signing-key-file=${pki.path("ca.key")}`,
    "--kube-api-qps=200",
    "--kube-api-burst=400",
    ...(grace === undefined ? [] : [`--node-monitor-grace-period=${grace}s`, "--node-monitor-period=1s"]),
    ...gateArgs(options),
    ...(options.controllerManagerArgs ?? []),
  ];
}

export function schedulerArgs(layout: ControlPlaneLayout): string[] {
  return [
    ...clientArgs(layout, "scheduler"),
    "--secure-port=0",
    "--kube-api-qps=200",
    "--kube-api-burst=400",
    ...gateArgs(layout.options),
    ...(layout.options.schedulerArgs ?? []),
  ];
}

export function componentKubeconfig(folder: string, name: "controller-manager" | "scheduler" | "admin"): string {
  return join(folder, `${name}.kubeconfig`);
}

function clientArgs({ folder }: ControlPlaneLayout, name: "controller-manager" | "scheduler"): string[] {
  const kubeconfig = componentKubeconfig(folder, name);
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    "--leader-elect=false",
  ];
}

function serviceAccountArgs(pki: Pki): string[] {
  return [
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${pki.path("sa.pub")}`,
    `--service-account-signing-key-file=${pki.path("sa.key")}`,
  ];
}

function kubeletArgs(pki: Pki, { kubeletCertificateAuthority: authority }: ControlPlaneOptions): string[] {
  const file = authority === "cluster" ? pki.path("ca.crt") : authority;
  return [
    `--kubelet-client-certificate=${pki.path("kubelet-client.crt")}`,
    `--kubelet-client-key=${pki.path("kubelet-client.key")}`,
    "--kubelet-preferred-address-types=InternalIP,Hostname",
    ...(file === undefined ? [] : [`--kubelet-certificate-authority=${file}`]),
  ];
}

/** For aggregated APIs such as metrics; without kube-proxy they are reached by endpoint, not by service address. */
function frontProxyArgs(pki: Pki): string[] {
  return [
    `--requestheader-client-ca-file=${pki.path("ca.crt")}`,
    "--requestheader-allowed-names=front-proxy",
    "--requestheader-username-headers=X-Remote-User",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    `--proxy-client-cert-file=${pki.path("front-proxy.crt")}`,
    `--proxy-client-key-file=${pki.path("front-proxy.key")}`,
    "--enable-aggregator-routing=true",
  ];
}

export function auditPolicyFile(folder: string): string {
  return join(folder, "audit-policy.yaml");
}

function auditArgs(folder: string, { auditLog }: ControlPlaneOptions): string[] {
  if (auditLog === undefined) return [];
  return [`--audit-policy-file=${auditPolicyFile(folder)}`, `--audit-log-path=${auditLog}`];
}

function tolerationArgs({ defaultTolerationSeconds: seconds }: ControlPlaneOptions): string[] {
  if (seconds === undefined) return [];
  return [`--default-not-ready-toleration-seconds=${seconds}`, `--default-unreachable-toleration-seconds=${seconds}`];
}

function gateArgs({ featureGates = {} }: ControlPlaneOptions): string[] {
  const gates = Object.entries(featureGates).map(([name, on]) => `${name}=${on}`);
  return gates.length === 0 ? [] : [`--feature-gates=${gates.join(",")}`];
}
