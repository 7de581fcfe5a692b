/** hostIP(s) and podIP(s). */
import type { Pod, PodStatus } from "./kubernetes.js";
import type { PodObservation } from "./observation.js";

/** What addresses depend on. */
export interface AddressInput {
  readonly pod: Pod;
  readonly observation?: PodObservation | undefined;
  readonly hostIPs: readonly string[];
}

type Addresses = Pick<PodStatus, "hostIP" | "hostIPs" | "podIP" | "podIPs">;

/** Pod addresses stay once known; pods on the host's network take the host's. */
export function podAddresses(input: AddressInput, previous: PodStatus): Addresses {
  const observed = input.observation?.hostIPs ?? [];
  const hosts = (observed.length > 0 ? observed : input.hostIPs).slice(0, 2);
  const pods = podIPs(input, previous, hosts);
  return {
    ...(hosts[0] === undefined ? {} : { hostIP: hosts[0], hostIPs: hosts.map((ip) => ({ ip })) }),
    ...(pods[0] === undefined ? {} : { podIP: pods[0], podIPs: pods.map((ip) => ({ ip })) }),
  };
}

function podIPs(input: AddressInput, previous: PodStatus, hosts: readonly string[]): readonly string[] {
  const known = (previous.podIPs ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
  const observed = onePerFamily(input.observation?.podIPs ?? [], hosts);
  const own = observed.length > 0 ? observed : known;
  if (input.pod.spec.hostNetwork !== true) return own;
  return known.length > 0 ? onePerFamily([...known, ...hosts], known) : onePerFamily(hosts, hosts);
}

/** The node's first family first. */
function onePerFamily(ips: readonly string[], hosts: readonly string[]): readonly string[] {
  const preferV6 = hosts[0] !== undefined && isIPv6(hosts[0]);
  const v4 = ips.find((ip) => !isIPv6(ip));
  const v6 = ips.find((ip) => isIPv6(ip));
  return (preferV6 ? [v6, v4] : [v4, v6]).flatMap((ip) => (ip === undefined ? [] : [ip]));
}

/** Of an address that was checked before: node:net's own look costs as much as the rest of a status. */
function isIPv6(ip: string): boolean {
  return ip.includes(":");
}
