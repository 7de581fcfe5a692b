/** Host names of a pod: in its UTS namespace, and on its line of /etc/hosts. */
import { InputProblem } from "./input-problem.js";
import type { Pod } from "./kubernetes.js";

const MOST = 63;
const MOST_WITH_DOMAIN = 64;

/** Names of the pod. */
export interface PodNames {
  /** Empty: the host's. */
  readonly hostname: string;
  /** Full name first, if there is a domain; then the short one. */
  readonly podHostNames: readonly string[];
}

/** @throws InputProblem when the full name does not fit into a host name */
export function podNames(pod: Pod, clusterDomain: string): PodNames {
  const { spec, metadata } = pod;
  const short = cut(spec.hostnameOverride ?? (spec.hostname || metadata.name));
  const subdomain = spec.hostnameOverride === undefined ? (spec.subdomain ?? "") : "";
  const full = subdomain === "" ? undefined : `${short}.${subdomain}.${metadata.namespace}.svc.${clusterDomain}`;
  if (spec.hostNetwork === true) return { hostname: "", podHostNames: [] };
  return {
    hostname: kernelName(short, full, spec.setHostnameAsFQDN === true),
    podHostNames: full === undefined ? [short] : [full, short],
  };
}

function kernelName(short: string, full: string | undefined, asFull: boolean): string {
  if (!asFull || full === undefined) return short;
  if (full.length > MOST_WITH_DOMAIN) {
    throw new InputProblem(
      `failed to construct FQDN from pod hostname and cluster domain, FQDN ${full} is too long (${MOST_WITH_DOMAIN} characters is the max, ${full.length} characters requested)`,
    );
  }
  return full;
}

function cut(name: string): string {
  return name.length <= MOST ? name : name.slice(0, MOST).replace(/[-.]+$/, "");
}
