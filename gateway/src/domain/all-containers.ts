/** The containers of a pod, of whatever kind. */
import type { Container, Pod } from "./kubernetes.js";

/** Init containers first, ephemeral ones last. */
export function allContainers({ spec }: Pod): readonly Container[] {
  return [
    ...(spec.initContainers ?? []),
    ...spec.containers,
    ...((spec.ephemeralContainers ?? []) as readonly Container[]),
  ];
}
