/** Features of images. */
import { FeatureLevel } from "@outboard/contract";
import type { Check } from "../../suite/check.js";
import type { PodHandle } from "../../suite/pod-handle.js";
import { type ContainerSketch, literal } from "../../suite/sketch.js";
import type { Trial } from "../../suite/trial.js";
import { featureCheck } from "./row.js";

/** What a kubelet says of an image that it cannot have. */
const NO_IMAGE = /^(?:Err|Image|Invalid)/;

export const IMAGE_CHECKS: readonly Check[] = [
  featureCheck(
    {
      feature: "image.registry",
      name: "by-name",
      title: "The image that was named runs, and one that there is not does not",
    },
    async (t) => {
      await neverRuns(t, await t.pod({ containers: [badImage(t)], features: ["image.registry"] }));
      const good = await t.runningPod({ containers: [{ behaviour: "pause" }], features: ["image.registry"] });
      const { image } = t.world.kit.container("pause", {});
      const shown = (await good.container()).image;
      t.verify(
        shown.includes(nameOf(image)),
        "wrong-value",
        `the observation shows image ${shown}, it must be ${image}`,
      );
    },
  ),
  featureCheck(
    {
      feature: "image.pull_policy",
      name: "never",
      title: "Never takes an image that is there and does not look for another",
    },
    async (t) => {
      const extra = { imagePullPolicy: "Never" } as const;
      const features = ["image.pull_policy", "image.registry"] as const;
      await t.runningPod({ containers: [{ behaviour: "pause" }], features }); // so that it is there
      await t.runningPod({ containers: [{ behaviour: "pause", extra }], features });
      const pod = await t.pod({ containers: [badImage(t, extra)], features });
      const isExact = t.world.levelOf("image.pull_policy") === FeatureLevel.HONOURED;
      await neverRuns(t, pod, isExact ? /^ErrImageNeverPull$/ : NO_IMAGE);
    },
  ),
];

async function neverRuns(t: Trial, pod: PodHandle, reason: RegExp = NO_IMAGE): Promise<void> {
  const seen = await pod.until(`a waiting reason like ${reason.source}`, ({ containers }) => {
    const state = containers[0]?.state;
    t.verify(state?.$case !== "running", "unexpected", "a container runs although there is no such image");
    return state?.$case === "waiting" && reason.test(state.value.reason);
  });
  t.equal(t.containerOf(seen).containerId, "", "container_id of what never ran", "unexpected");
}

/** With a command that would run in any image, so that the image is all that is wrong. */
function badImage(t: Trial, extra: Readonly<Record<string, unknown>> = {}): ContainerSketch {
  const { command } = t.world.kit.container("pause", {});
  if (command.length === 0) return { behaviour: "bad-image", extra };
  const inputs = { command: command.map((part) => literal(part)) };
  return { behaviour: "bad-image", extra: { ...extra, command }, inputs };
}

/** Last part of an image's name: registries and tags are spelt in several ways. */
function nameOf(image: string): string {
  return (image.split("/").at(-1) ?? image).split(/[:@]/)[0] ?? image;
}
