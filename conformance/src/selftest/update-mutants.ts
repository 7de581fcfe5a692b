/** Mutants of inputs and of updates. */
import { PodInputs } from "@outboard/contract";
import { type Mutant, mutant } from "./mutant.js";
import { type Message, pretend, refuseWhen, requests, type Rule, swallow } from "./rule.js";
import { NOTHING, inputs, restartedBy, seenBefore } from "./pod-rules.js";

export const UPDATE_MUTANTS: readonly Mutant[] = [
  mutant("INPUT-01", "wrong-value", "takes the first value of a name", () =>
    inputs((each) => ({ ...each, env: each.env.toReversed() })),
  ),
  mutant("INPUT-03", "wrong-value", "loses the last byte of files", () =>
    requests("createPod", (each) => ({
      ...each,
      inputs: each.inputs && { ...each.inputs, volumes: each.inputs.volumes.map(shortened) },
    })),
  ),
  mutant("INPUT-04", "late", "starts a container in spite of its error", () =>
    inputs((each) => ({ ...each, error: undefined })),
  ),
  mutant("INPUT-05", "late", "answers UpdateInputs and does nothing", () => pretend("updateInputs", () => true, {})),
  mutant("INPUT-06", "changed", "takes every version for a new one", () => countedVersions()),
  mutant("INPUT-07", "accepted", "answers OK for a pod that it does not know", () =>
    swallow("updateInputs", "POD", NOTHING),
  ),
  mutant("INPUT-08", "late", "does not change files in running containers", () =>
    requests("updateInputs", (each) => ({ ...each, inputs: { ...each.inputs, volumes: [] } })),
  ),
  mutant("INPUT-09", "late", "keeps the error for ever", () => pretend("updateInputs", () => true, {})),
  mutant("INPUT-11", "accepted", "drops features that come with new inputs", () =>
    requests("updateInputs", (each) => ({ ...each, inputs: { ...each.inputs, admittedFeatures: [] } })),
  ),
  mutant("INPUT-13", "accepted", "takes no inputs for empty ones", () =>
    requests("updateInputs", (each) => ({ ...each, inputs: each.inputs ?? PodInputs.create() })),
  ),
  mutant("UPDATE-01", "late", "answers UpdatePod and does nothing", () => pretend("updatePod", () => true, {})),
  mutant("UPDATE-03", "accepted", "answers OK for a pod that it does not know", () =>
    swallow("updatePod", "POD", NOTHING),
  ),
  mutant("UPDATE-04", "accepted", "takes an old revision", () => swallow("updatePod", "STALE_REVISION", NOTHING)),
  mutant("UPDATE-05", "refused", "refuses an equal digest", refusesSecondUpdate),
  mutant("UPDATE-06", "accepted", "answers OK for an ended pod", () => swallow("updatePod", "NOT_RUNNING", NOTHING)),
  mutant("UPDATE-07", "changed", "restarts for a label", () => restartedBy("updatePod")),
];

function shortened(volume: Message): Message {
  return {
    ...volume,
    files: volume.files.map((file: Message) => ({ ...file, content: file.content.subarray(0, -1) })),
  };
}

function refusesSecondUpdate(): Rule {
  const isKnown = seenBefore();
  return refuseWhen("updatePod", ({ uid }) => isKnown(uid));
}

function countedVersions(): Rule {
  let version = 10n;
  return requests("updateInputs", (each) => ({
    ...each,
    inputVersion: each.inputVersion === 5n && version === 10n ? 5n : (version += 1n),
  }));
}
