/** Makes a pod's volumes and sandbox. */
import { existsSync, readFileSync } from "node:fs";
import { type Done, retryAt } from "./done.js";
import { eventTexts } from "./events.js";
import { hostNetworkHostsFile, hostsFile, resolvConf } from "./hosts.js";
import { containersOf, type PodManifest } from "./manifest.js";
import type { Pod } from "./pod.js";
import { RuntimeError, type SandboxSpec } from "./runtime.js";
import { prepareVolumes } from "./volumes.js";

/** Waiting reason of a pod that the backend has no room for. */
export const OUT_OF_CAPACITY = "OutOfCapacity";
const HOSTS = "/etc/hosts";

/** Volumes first, as they can fail without a trace in the backend. */
export async function createSandbox(pod: Pod, signal: AbortSignal): Promise<Done> {
  pod.isPreparing = true;
  pod.publish();
  const { manifest, inputs } = pod;
  if (manifest === undefined || inputs === undefined) return { kind: "unchanged" };
  try {
    pod.context.inputs.prepare();
    await prepareVolumes(pod.volumeHome, manifest, inputs.volumes);
  } catch (error) {
    return retryAfter(pod, eventTexts.mountFailed(textOf(error)));
  }
  try {
    signal.throwIfAborted();
    const { id, podIPs, hostIPs } = await pod.context.runtime.createSandbox(sandboxSpec(pod));
    pod.waiting.clear();
    pod.level = undefined;
    pod.commit({ ...pod.record, sandbox: { state: "ready", id, podIPs, hostIPs } });
    return { kind: "changed" };
  } catch (error) {
    signal.throwIfAborted();
    return sandboxFailed(pod, manifest, error);
  }
}

/** No room in the backend shows at every container; anything else at the pod's events. */
function sandboxFailed(pod: Pod, manifest: PodManifest, error: unknown): Done {
  const isFull = error instanceof RuntimeError && error.reason === OUT_OF_CAPACITY;
  if (!isFull) return retryAfter(pod, eventTexts.sandboxFailed(textOf(error)));
  for (const { container } of containersOf(manifest)) {
    pod.waiting.set(container.name, { reason: OUT_OF_CAPACITY, message: error.message });
  }
  pod.publish();
  return { kind: "retry", at: retryAt(pod) };
}

function retryAfter(pod: Pod, event: Parameters<Pod["event"]>[1]): Done {
  pod.event("", event);
  return { kind: "retry", at: retryAt(pod) };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown error";
}

function sandboxSpec(pod: Pod): SandboxSpec {
  const { inputs, manifest, record } = pod;
  const dns = inputs?.dns;
  const names = inputs ?? { podHostNames: [], hosts: [] };
  const hostNetwork = manifest?.spec.hostNetwork === true;
  return {
    uid: pod.uid,
    namespace: record.namespace,
    name: record.name,
    folder: pod.folder,
    hostname: inputs?.hostname ?? "",
    hostNetwork,
    shareProcessNamespace: manifest?.spec.shareProcessNamespace === true,
    ...(dns === undefined ? {} : { resolvConf: resolvConf(dns) }),
    hostsFile: (podIPs) => (hostNetwork ? hostNetworkHostsFile(names, machineHosts()) : hostsFile(names, podIPs)),
    runtimeHandler: inputs?.runtimeHandler ?? "",
    manifest: pod.manifestJson,
  };
}

function machineHosts(): string {
  return existsSync(HOSTS) ? readFileSync(HOSTS, "utf8") : "";
}
