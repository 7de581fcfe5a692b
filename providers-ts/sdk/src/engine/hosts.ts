/** Contents of /etc/hosts and /etc/resolv.conf, as the kubelet writes them. Pure. */
import type { DNSConfig, PodInputs } from "@outboard/contract";

const HOST_NETWORK_HEAD = "# Kubernetes-managed hosts file (host network).\n";
const HEAD = [
  "# Kubernetes-managed hosts file.",
  "127.0.0.1\tlocalhost",
  "::1\tlocalhost ip6-localhost ip6-loopback",
  "fe00::0\tip6-localnet",
  "fe00::0\tip6-mcastprefix",
  "fe00::1\tip6-allnodes",
  "fe00::2\tip6-allrouters",
];

/** /etc/hosts of a pod with these addresses. */
export function hostsFile(inputs: Pick<PodInputs, "podHostNames" | "hosts">, podIPs: readonly string[]): string {
  const own = inputs.podHostNames.length === 0 ? [] : podIPs.map((ip) => [ip, ...inputs.podHostNames].join("\t"));
  return `${[...HEAD, ...own].join("\n")}\n${aliasLines(inputs)}`;
}

/** /etc/hosts of a pod on the host's network: the host's own, with the pod's aliases. */
export function hostNetworkHostsFile(inputs: Pick<PodInputs, "hosts">, ownFile: string): string {
  return `${HOST_NETWORK_HEAD}${ownFile}${aliasLines(inputs)}`;
}

function aliasLines({ hosts }: Pick<PodInputs, "hosts">): string {
  if (hosts.length === 0) return "";
  const aliases = hosts.map((entry) => `${[entry.ip, ...entry.hostnames].join("\t")}\n`);
  return ["\n# Entries added by HostAliases.\n", ...aliases].join("");
}

/** /etc/resolv.conf. */
export function resolvConf(dns: DNSConfig): string {
  const lines = [
    ...(dns.searches.length === 0 ? [] : [`search ${dns.searches.join(" ")}`]),
    ...dns.servers.map((server) => `nameserver ${server}`),
    ...(dns.options.length === 0 ? [] : [`options ${dns.options.join(" ")}`]),
  ];
  return lines.map((line) => `${line}\n`).join("");
}
