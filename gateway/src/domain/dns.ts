/** resolv.conf of a pod, and what had to be left out of it. */
import type { DNSConfig } from "./inputs.js";
import type { Pod } from "./kubernetes.js";

const MOST_SERVERS = 3;
const MOST_SEARCHES = 32;
const MOST_SEARCH_CHARACTERS = 2048;
const LONGEST_SEARCH = 253;

/** What the cluster and the host have. */
export interface DNSSettings {
  readonly clusterDNS: readonly string[];
  readonly clusterDomain: string;
  /** The host's own; absent: not known, the backend's is taken. */
  readonly host?: DNSConfig | undefined;
}

/** resolv.conf and events of type Warning. */
export interface PodDNS {
  /** Absent: the backend's own. */
  readonly config: DNSConfig | undefined;
  readonly warnings: readonly { readonly reason: string; readonly message: string }[];
}

/** By dnsPolicy and dnsConfig, within the resolver's limits. */
export function podDNS(pod: Pod, settings: DNSSettings): PodDNS {
  const policy = policyOf(pod);
  const missing = policy === "cluster" && settings.clusterDNS.length === 0;
  const base = baseOf(pod, missing ? "host" : policy, settings);
  const warnings = missing ? [missingClusterDNS(pod)] : [];
  if (base === undefined && pod.spec.dnsConfig === undefined) return { config: undefined, warnings };
  const { servers, searches, options } = base ?? NOTHING;
  const { nameservers = [], searches: more = [], options: own = [] } = pod.spec.dnsConfig ?? {};
  const limited = limit(unique([...servers, ...nameservers]), unique([...searches, ...more]));
  const config = { ...limited.config, options: mergeOptions(options, own) };
  return { config, warnings: [...warnings, ...limited.warnings] };
}

const NOTHING: DNSConfig = { servers: [], searches: [], options: [] };

type Policy = "none" | "cluster" | "host";

function policyOf({ spec }: Pod): Policy {
  switch (spec.dnsPolicy ?? "ClusterFirst") {
    case "None":
      return "none";
    case "Default":
      return "host";
    case "ClusterFirstWithHostNet":
      return "cluster";
    default:
      return spec.hostNetwork === true ? "host" : "cluster";
  }
}

function baseOf(pod: Pod, policy: Policy, { clusterDNS, clusterDomain, host }: DNSSettings): DNSConfig | undefined {
  if (policy === "none") return NOTHING;
  if (policy === "host") return host;
  const own =
    clusterDomain === ""
      ? []
      : [`${pod.metadata.namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  return { servers: clusterDNS, searches: unique([...own, ...(host?.searches ?? [])]), options: ["ndots:5"] };
}

function missingClusterDNS({ metadata }: Pod): { readonly reason: string; readonly message: string } {
  const pod = `${metadata.name}_${metadata.namespace}(${metadata.uid})`;
  const message = `pod: "${pod}". kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.`;
  return { reason: "MissingClusterDNS", message };
}

function mergeOptions(
  options: readonly string[],
  added: readonly { readonly name?: string; readonly value?: string }[],
): readonly string[] {
  const merged = new Map(
    options.map((option) => {
      const [name = "", value = ""] = option.split(/:(.*)/s);
      return [name, value] as const;
    }),
  );
  for (const { name = "", value = "" } of added) merged.set(name, value);
  return [...merged].map(([name, value]) => (value === "" ? name : `${name}:${value}`));
}

function limit(
  servers: readonly string[],
  searches: readonly string[],
): { readonly config: Omit<DNSConfig, "options">; readonly warnings: PodDNS["warnings"] } {
  const keptServers = servers.slice(0, MOST_SERVERS);
  const keptSearches = fitLine(searches.slice(0, MOST_SEARCHES).filter((search) => search.length <= LONGEST_SEARCH));
  const warn = (what: string, paths: string, line: string, kept: readonly string[]) => ({
    reason: "DNSConfigForming",
    message: `${what} limits were exceeded, some ${paths} have been omitted, the applied ${line} line is: ${kept.join(" ")}`,
  });
  return {
    config: { servers: keptServers, searches: keptSearches },
    warnings: [
      ...(keptServers.length < servers.length ? [warn("Nameserver", "nameservers", "nameserver", keptServers)] : []),
      ...(keptSearches.length < searches.length ? [warn("Search Line", "search paths", "search", keptSearches)] : []),
    ],
  };
}

function fitLine(searches: readonly string[]): readonly string[] {
  const fitting = [...searches];
  while (fitting.join(" ").length > MOST_SEARCH_CHARACTERS) fitting.pop();
  return fitting;
}

function unique(list: readonly string[]): readonly string[] {
  return [...new Set(list)];
}
