/** A pod's sandbox as the CRI takes it. Pure. */
import type { Owner, SandboxSpec } from "@outboard/provider-sdk";
import {
  type DNSConfig,
  type LinuxPodSandboxConfig,
  NamespaceMode,
  type NamespaceOption,
  type PodSandboxConfig,
  type PortMapping,
  Protocol,
  SecurityProfile_ProfileType,
} from "../gen/runtime/v1/api.js";
import { podLabels } from "./labels.js";
import { asPod, type PodJson, type PortJson } from "./pod-json.js";
import type { SecurityJson } from "./security.js";
import { groupsOf, policyOf, toInt64, toSelinux } from "./security.js";

export interface SandboxPlace {
  readonly owner: Owner;
  readonly attempt: number;
  readonly cgroupParent: string;
  readonly logDirectory: string;
}

export function sandboxConfig(spec: SandboxSpec, place: SandboxPlace): PodSandboxConfig {
  const { uid, namespace, name } = spec;
  const pod = asPod(spec.manifest);
  return {
    metadata: { name, uid, namespace, attempt: place.attempt },
    hostname: spec.hostNetwork ? "" : spec.hostname,
    logDirectory: place.logDirectory,
    dnsConfig: spec.resolvConf === undefined ? undefined : parseResolvConf(spec.resolvConf),
    portMappings: spec.hostNetwork ? [] : portMappings(pod),
    labels: podLabels(spec, pod, place.owner),
    annotations: new Map(Object.entries(pod.metadata?.annotations ?? {})),
    linux: linuxPart(spec, pod, place),
  };
}

function linuxPart(spec: SandboxSpec, pod: PodJson, { cgroupParent }: SandboxPlace): LinuxPodSandboxConfig {
  const context = pod.spec?.securityContext ?? {};
  return {
    cgroupParent,
    securityContext: {
      namespaceOptions: podNamespaces(spec, pod),
      selinuxOptions: toSelinux(context["seLinuxOptions"]),
      runAsUser: toInt64(context["runAsUser"]),
      runAsGroup: toInt64(context["runAsGroup"]),
      readonlyRootfs: false,
      supplementalGroups: groupsOf(context),
      supplementalGroupsPolicy: policyOf(context),
      privileged: hasPrivileged(pod),
      seccomp: { profileType: SecurityProfile_ProfileType.RuntimeDefault, localhostRef: "" },
    },
    sysctls: sysctlsOf(context),
  };
}

/** What the containers share, and with whom. */
function podNamespaces(spec: SandboxSpec, pod: PodJson): NamespaceOption {
  const shared = spec.shareProcessNamespace ? NamespaceMode.POD : NamespaceMode.CONTAINER;
  return {
    network: spec.hostNetwork ? NamespaceMode.NODE : NamespaceMode.POD,
    pid: pod.spec?.hostPID === true ? NamespaceMode.NODE : shared,
    ipc: pod.spec?.hostIPC === true ? NamespaceMode.NODE : NamespaceMode.POD,
    targetId: "",
  };
}

function hasPrivileged({ spec }: PodJson): boolean {
  const all = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return all.some(({ securityContext }) => securityContext?.["privileged"] === true);
}

function sysctlsOf(context: SecurityJson): Map<string, string> {
  const list = (context["sysctls"] ?? []) as readonly { readonly name: string; readonly value: string }[];
  return new Map(list.map(({ name, value }) => [name, value]));
}

/** As the kubelet: only those of main containers, though the scheduler reckons with those of sidecars. */
function portMappings({ spec }: PodJson): readonly PortMapping[] {
  return (spec?.containers ?? []).flatMap(({ ports }) => (ports ?? []).map(toMapping));
}

function toMapping({ containerPort, hostPort, hostIP, protocol }: PortJson): PortMapping {
  const protocols = { TCP: Protocol.TCP, UDP: Protocol.UDP, SCTP: Protocol.SCTP };
  const known = protocol === "UDP" || protocol === "SCTP" ? protocol : "TCP";
  return { protocol: protocols[known], containerPort, hostPort: hostPort ?? 0, hostIp: hostIP ?? "" };
}

/** The runtime writes the file; it wants its parts. */
export function parseResolvConf(text: string): DNSConfig {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/));
  const of = (keyword: string): readonly string[] => lines.flatMap(([key, ...rest]) => (key === keyword ? rest : []));
  return { servers: of("nameserver"), searches: of("search"), options: of("options") };
}
