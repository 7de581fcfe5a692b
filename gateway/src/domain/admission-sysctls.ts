/** Sysctls that a pod may set: the kubelet's safe ones, which no other pod of the node can notice. Pure. */
import type { Refusal } from "./admission-fit.js";
import type { Pod } from "./kubernetes.js";

const SAFE: ReadonlySet<string> = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_notsent_lowat",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_slow_start_after_idle",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
]);

/** The first that is not safe, or would be set for the whole machine. */
export function sysctlRefusal({ spec }: Pick<Pod, "spec">): Refusal | undefined {
  for (const { name } of spec.securityContext?.sysctls ?? []) {
    const problem = problemOf(normalName(name), spec);
    if (problem !== undefined) return { reason: "SysctlForbidden", message: `forbidden sysctl: ${problem}` };
  }
  return undefined;
}

function problemOf(name: string, { hostNetwork, hostIPC }: Pod["spec"]): string | undefined {
  if (!SAFE.has(name)) return `"${name}" not allowlisted`;
  if (hostNetwork === true && name.startsWith("net.")) return `"${name}" not allowed with host Net enabled`;
  if (hostIPC === true && name.startsWith("kernel.")) return `"${name}" not allowed with host IPC enabled`;
  return undefined;
}

/** With slashes as separators dots and slashes change places. */
function normalName(name: string): string {
  if (!/^[^./]*\//.test(name)) return name;
  return name.replaceAll(/[./]/g, (sign) => (sign === "." ? "/" : "."));
}
