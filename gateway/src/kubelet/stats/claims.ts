/** Which claim a volume of a pod stands for. Pure. */
import type { Pod } from "../../domain/kubernetes.js";

/** A claim by name. */
export interface Claim {
  readonly name: string;
  readonly namespace: string;
}

/** The claim that the volume names, or the one that is generated for it; undefined: another kind of volume. */
export function claimOf(volumeName: string, { spec, metadata }: Pod): Claim | undefined {
  const volume = spec.volumes?.find(({ name }) => name === volumeName);
  const generated = volume?.ephemeral === undefined ? undefined : `${metadata.name}-${volumeName}`;
  const name = volume?.persistentVolumeClaim?.claimName ?? generated;
  return name === undefined ? undefined : { name, namespace: metadata.namespace };
}
