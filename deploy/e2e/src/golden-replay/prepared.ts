/** The pod of a case, and its order, as the fake runtime can play them. */
import { type ContainerSpec, order, type Pod, UID } from "./modules.js";
import { type RecordedCase, waitingOf } from "./recorded.js";

/** Probes over the network become commands: what they are answered is the script's. */
export function preparedPod({ pod }: RecordedCase): Pod {
  const text = JSON.stringify(pod.spec).replaceAll(
    /"(?:httpGet|tcpSocket|grpc)":\{[^}]*\}/g,
    '"exec":{"command":["probe"]}',
  );
  return { ...pod, metadata: { ...pod.metadata, uid: UID, name: "p" }, spec: JSON.parse(text) as Pod["spec"] };
}

export function orderFor(pod: Pod, recorded: RecordedCase): ReturnType<typeof order> {
  const base = order(pod.spec);
  const start = base.startTime?.getTime() ?? 0;
  const seconds = pod.spec.activeDeadlineSeconds;
  const deadline = seconds === undefined ? {} : { deadline: new Date(Date.UTC(2030, 0, 1) + seconds * 1000) };
  return { ...base, ...deadline, startTime: new Date(start), inputs: inputsOf(base, recorded) };
}

function inputsOf(base: ReturnType<typeof order>, recorded: RecordedCase): ReturnType<typeof order>["inputs"] {
  if (base.inputs === undefined) return undefined;
  const containers = base.inputs.containers.map((container) => {
    const error = waitingOf(recorded, container.name, "CreateContainerConfigError");
    return { ...container, ...(error === undefined ? {} : { error }), ...resourcesOf(recorded, container.name) };
  });
  return { ...base.inputs, containers };
}

function resourcesOf(
  { pod }: RecordedCase,
  name: string,
): { readonly resources?: NonNullable<ContainerSpec["resources"]> } {
  const found = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].find(
    (each) => each.name === name,
  )?.resources;
  if (found?.requests === undefined && found?.limits === undefined) return {};
  const toMap = (list: unknown): Map<string, string> => new Map(Object.entries((list ?? {}) as Record<string, string>));
  return { resources: { requests: toMap(found.requests), limits: toMap(found.limits) } };
}
