/** Where a probe or hook goes: host and port, by number or by the name of a container's port. Pure. */
import type { ContainerManifest } from "../manifest.js";
import type { Pod } from "../pod.js";

/** The probe's own host, else the pod's address; without addresses of its own the pod is on this machine's loopback. */
export function hostOf(pod: Pod, host: string | undefined): string {
  return host !== undefined && host !== "" ? host : (pod.record.sandbox.podIPs[0] ?? "127.0.0.1");
}

/** The number of a port. Throws with the kubelet's text when there is none. */
export function portNumber(port: number | string, container: ContainerManifest | undefined): number {
  const number = typeof port === "number" ? port : namedPort(port, container);
  if (number <= 0 || number >= 65_536) throw new Error(`invalid port number: ${number}`);
  return number;
}

function namedPort(name: string, container: ContainerManifest | undefined): number {
  const found = container?.ports?.find((candidate) => candidate.name === name)?.containerPort;
  if (found === undefined) throw new Error(`port ${JSON.stringify(name)} not found`);
  return found;
}
