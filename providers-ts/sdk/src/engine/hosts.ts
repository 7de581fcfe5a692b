/** Contents of /etc/hosts and /etc/resolv.conf, as the contract words them. Pure. */
import type { DNSConfig, PodInputs } from "@outboard/contract";

const HEAD = [
  "# Kubernetes-managed hosts file.",
  "127.0.0.1\tlocalhost",
  "::1\tlocalhost\tip6-localhost\tip6-loopback",
  "fe00::\tip6-localnet",
  "fe00::\tip6-mcastprefix",
  "fe00::1\tip6-allnodes",
  "fe00::2\tip6-allrouters",
];

/** /etc/hosts of a pod with these addresses. */
export function hostsFile(inputs: Pick<PodInputs, "podHostNames" | "hosts">, podIPs: readonly string[]): string {
  const own = inputs.podHostNames.length === 0 ? [] : podIPs.map((ip) => [ip, ...inputs.podHostNames].join("\t"));
  const aliases = inputs.hosts.map((entry) => [entry.ip, ...entry.hostnames].join("\t"));
  const tail = aliases.length === 0 ? [] : ["", "# Entries added by HostAliases.", ...aliases];
  return `${[...HEAD, ...own, ...tail].join("\n")}\n`;
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
