/** Containers whose end a status is the first to show. Pure. */
import type { ContainerStatus, PodStatus } from "./kubernetes.js";

/** The end of one container; `containerType` as the kubelet's metrics name it. */
export interface Termination {
  readonly containerType: "init_container" | "container" | "ephemeral_container";
  readonly exitCode: number;
  readonly reason: string;
}

/** What is terminated after the change, and was not before. */
export function newTerminations(from: PodStatus, to: PodStatus): readonly Termination[] {
  return [
    ...ended("init_container", from.initContainerStatuses, to.initContainerStatuses),
    ...ended("container", from.containerStatuses, to.containerStatuses),
    ...ended("ephemeral_container", from.ephemeralContainerStatuses, to.ephemeralContainerStatuses),
  ];
}

type Statuses = readonly ContainerStatus[] | undefined;

function ended(containerType: Termination["containerType"], from: Statuses, to: Statuses): readonly Termination[] {
  const known = new Set(from?.filter(({ state }) => state?.terminated !== undefined).map(({ name }) => name));
  return (to ?? []).flatMap(({ name, state }) => {
    if (state?.terminated === undefined || known.has(name)) return [];
    const { exitCode, reason = "" } = state.terminated;
    return [{ containerType, exitCode, reason }];
  });
}
