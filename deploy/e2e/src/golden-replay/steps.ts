/** What is done to a pod while it is played. */
import { inputsFor, order, UID } from "./modules.js";
import type { Played } from "./script.js";

/** JSON of a container. */
export type Fields = Readonly<Record<string, unknown>>;

/** Gives the pod inputs without errors. */
export async function setInputs({ harness, pod }: Played): Promise<void> {
  const inputs = inputsFor(pod.spec);
  await harness.engine.updateInputs({ uid: UID, inputs, inputVersion: 2n });
}

let revision = 1n;

/** Gives the pod these ephemeral containers. */
export function setEphemeral(ephemeralContainers: readonly Fields[]): (played: Played) => Promise<void> {
  return async (played) => {
    const spec = { ...played.pod.spec, ephemeralContainers } as unknown as Played["pod"]["spec"];
    const metadata = { ...played.pod.metadata, generation: (played.pod.metadata.generation ?? 1) + 1 };
    played.pod = { ...played.pod, metadata, spec };
    const { manifest, inputs } = order(spec);
    revision += 1n;
    await played.harness.engine.updatePod?.({
      uid: UID,
      manifest,
      inputs,
      inputVersion: revision,
      specRevision: revision,
      specDigest: new Uint8Array(32),
      deadline: undefined,
      changes: [],
    });
  };
}
