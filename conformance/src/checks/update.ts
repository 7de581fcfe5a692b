/** Checks of UpdatePod. */
import { PodChange, type UpdatePodRequest } from "@outboard/contract";
import { check, type Check } from "../suite/check.js";
import type { PodHandle } from "../suite/pod-handle.js";
import { parseQuantity } from "../suite/quantity.js";
import { type ManifestObject, withManifest } from "../suite/sketch.js";
import type { Trial } from "../suite/trial.js";

const CHANGES = [
  ["update.image", PodChange.IMAGE],
  ["update.metadata", PodChange.METADATA],
  ["update.resources", PodChange.RESOURCES],
  ["update.ephemeral_containers", PodChange.EPHEMERAL_CONTAINERS],
  ["update.tolerations", PodChange.TOLERATIONS],
  ["update.grace", PodChange.GRACE],
  ["update.deadline", PodChange.DEADLINE],
] as const;

/** Where every kind is declared, one that nobody can have declared. */
const KIND_OF_LATER = 9_999;

export const UPDATE_CHECKS: readonly Check[] = [
  check("UPDATE-01", "metadata", {
    title: "A label more is taken and shown",
    needs: ["update.metadata"],
    run: async (t) => {
      const pod = await t.runningPod();
      const order = await label(t, pod, 2n);
      const seen = await pod.until("the new digest", ({ specRevision }) => specRevision === 2n);
      t.equal(seen.specDigest, order.specDigest, "spec_digest");
    },
  }),
  ...CHANGES.map(([capability, change]) =>
    check("UPDATE-02", `undeclared-${capability.slice("update.".length)}`, {
      title: `A change of an undeclared kind is refused: ${capability}`,
      needs: [`no:${capability}`],
      run: async (t) => {
        const pod = await t.runningPod();
        await t.refused(
          () => send(t, pod, 2n, [change]),
          () => pod.create(),
        );
        t.equal((await pod.get()).specDigest, pod.order.specDigest, "spec_digest after the refusal", "changed");
      },
    }),
  ),
  check("UPDATE-03", "unknown", {
    title: "An update of an unknown pod is refused and makes none",
    needs: ["update.metadata"],
    run: async (t) => {
      const known = await t.runningPod();
      const unknown = t.plan({ containers: [{ behaviour: "pause" }] });
      await t.refused(
        () => label(t, unknown, 2n),
        () => label(t, known, 2n),
      );
      const seen = await unknown.get().catch(() => undefined);
      t.verify(seen === undefined, "unexpected", "the refused update made a pod");
    },
  }),
  check("UPDATE-04", "stale", {
    title: "Another digest with an old revision is refused",
    needs: ["update.metadata"],
    run: async (t) => {
      const pod = await t.runningPod();
      await t.refused(
        () => label(t, pod, 5n, "late"),
        () => label(t, pod, 5n, "first"),
      );
    },
  }),
  check("UPDATE-05", "equal-digest", {
    title: "An equal digest is OK whatever the revision",
    needs: ["update.metadata"],
    run: async (t) => {
      const pod = await t.runningPod();
      await label(t, pod, 5n);
      for (const revision of [5n, 2n, 9n]) await label(t, pod, revision);
      t.equal((await pod.container()).state?.$case, "running", "state", "changed");
    },
  }),
  check("UPDATE-06", "ended", {
    title: "An update of an ended pod is refused",
    needs: ["update.metadata"],
    run: async (t) => {
      const pod = await t.pod({ containers: [{ behaviour: "exit", params: { ms: 50, code: 0 } }] });
      await pod.ended();
      const other = await t.runningPod();
      await t.refused(
        () => label(t, pod, 2n),
        () => label(t, other, 2n),
      );
    },
  }),
  check("UPDATE-07", "no-restart", {
    title: "A label more restarts nothing",
    needs: ["update.metadata"],
    run: async (t) => {
      const pod = await t.runningPod();
      const before = await pod.container();
      await label(t, pod, 2n);
      await t.pause(t.world.limits.quietMs);
      const after = await pod.container();
      t.equal(after.containerId, before.containerId, "container_id", "changed");
      t.equal(after.restartCount, before.restartCount, "restart_count", "changed");
    },
  }),
  check("UPDATE-08", "all-or-nothing", {
    title: "One undeclared kind among the changes: nothing is applied",
    needs: ["update.metadata"],
    run: async (t) => {
      const [, undeclared] = CHANGES.find(([capability]) => !t.world.declares(capability)) ?? ["", KIND_OF_LATER];
      const pod = await t.runningPod();
      const refused = await send(t, pod, 2n, [PodChange.METADATA, undeclared as PodChange]).then(
        () => false,
        () => true,
      );
      t.verify(refused, "accepted", "a mixed change was accepted");
      t.equal((await pod.get()).specDigest, pod.order.specDigest, "spec_digest", "changed");
    },
  }),
  check("UPDATE-09", "resize", {
    title: "New resources are in effect, or the resize shows an error",
    needs: ["update.resources", "feature:resources.cpu_limit"],
    run: async (t) => {
      const sized = (cpu: string) => ({
        resources: { requests: new Map([["cpu", cpu]]), limits: new Map([["cpu", cpu]]) },
      });
      const written = (cpu: string) => ({ resources: { requests: { cpu }, limits: { cpu } } });
      const pod = await t.runningPod({
        containers: [{ behaviour: "pause", extra: written("500m"), inputs: sized("500m") }],
        features: ["resources.cpu_limit"],
      });
      const before = await pod.container();
      const inputs = t.present(pod.order.inputs, "inputs");
      const containers = inputs.containers.map((container) => ({ ...container, ...sized("300m") }));
      await send(
        t,
        pod,
        2n,
        [PodChange.RESOURCES],
        ({ spec }) => {
          for (const container of spec["containers"] as object[]) Object.assign(container, written("300m"));
        },
        { inputs: { ...inputs, containers }, inputVersion: 2n },
      );
      const seen = await pod.until("the new resources, or an error", (now) => {
        const limit = t.containerOf(now).resources?.limits.get("cpu") ?? "";
        return now.resize?.state?.$case === "error" || parseQuantity(limit) === 0.3;
      });
      t.equal(t.containerOf(seen).containerId, before.containerId, "container_id", "changed");
    },
  }),
  check("UPDATE-10", "image", {
    title: "A new image starts one new instance",
    needs: ["update.image"],
    run: async (t) => {
      const pod = await t.runningPod();
      const before = await pod.container();
      await sendImage(t, pod);
      await pod.until("a new instance", ({ containers }) => containers[0]?.containerId !== before.containerId);
    },
  }),
  check("UPDATE-10", "image-of-one", {
    title: "A new image of one container leaves the other alone",
    needs: ["update.image", "feature:containers.multiple"],
    run: async (t) => {
      const pod = await t.pod({
        containers: [{ behaviour: "pause" }, { name: "second", behaviour: "pause" }],
        features: ["containers.multiple"],
      });
      await pod.running();
      await pod.running("second");
      const [before, other] = [await pod.container(), await pod.container("second")];
      await sendImage(t, pod);
      await pod.until("a new instance", ({ containers }) => containers[0]?.containerId !== before.containerId);
      const after = await pod.container("second");
      t.equal(after.containerId, other.containerId, "container_id of the other container", "changed");
    },
  }),
  check("UPDATE-11", "ephemeral", {
    title: "An ephemeral container is added and the others run on",
    needs: ["update.ephemeral_containers"],
    run: async (t) => {
      const pod = await t.runningPod();
      const before = await pod.container();
      const recipe = t.world.kit.container("pause", { container: "debug" });
      const command = recipe.command.length > 0 ? { command: recipe.command } : {};
      const inputs = t.present(pod.order.inputs, "inputs");
      const own = t.present(inputs.containers[0], "inputs of main");
      await send(
        t,
        pod,
        2n,
        [PodChange.EPHEMERAL_CONTAINERS],
        ({ spec }) => {
          spec["ephemeralContainers"] = [
            { name: "debug", image: recipe.image, ...command, resources: {}, imagePullPolicy: "IfNotPresent" },
          ];
        },
        { inputs: { ...inputs, containers: [...inputs.containers, { ...own, name: "debug" }] }, inputVersion: 2n },
      );
      await pod.running("debug");
      t.equal((await pod.container()).containerId, before.containerId, "container_id of main", "changed");
    },
  }),
  check("UPDATE-12", "grace", {
    title: "A new grace period is taken",
    needs: ["update.grace"],
    run: async (t) => {
      const pod = await t.runningPod();
      await send(t, pod, 2n, [PodChange.GRACE], ({ spec }) => {
        spec["terminationGracePeriodSeconds"] = 5;
      });
      await pod.until("the new revision", ({ specRevision }) => specRevision === 2n);
    },
  }),
  check("UPDATE-13", "deadline", {
    title: "A new deadline ends the pod",
    needs: ["update.deadline", "feature:active_deadline"],
    run: async (t) => {
      const pod = await t.runningPod();
      await send(
        t,
        pod,
        2n,
        [PodChange.DEADLINE],
        ({ spec }) => {
          spec["activeDeadlineSeconds"] = 1;
          spec["terminationGracePeriodSeconds"] = 1;
        },
        { deadline: new Date(Date.now() + 1_000) },
      );
      await pod.ended();
    },
  }),
  check("UPDATE-14", "tolerations", {
    title: "A toleration more is taken",
    needs: ["update.tolerations"],
    run: async (t) => {
      const pod = await t.runningPod();
      await send(t, pod, 2n, [PodChange.TOLERATIONS], ({ spec }) => {
        spec["tolerations"] = [{ key: "conformance", operator: "Exists", effect: "NoSchedule" }];
      });
      await pod.until("the new revision", ({ specRevision }) => specRevision === 2n);
    },
  }),
];

/** Another image for the container main. */
async function sendImage(t: Trial, pod: PodHandle): Promise<void> {
  const { image } = t.world.kit.container("other-image", {});
  await send(t, pod, 2n, [PodChange.IMAGE], ({ spec }) => {
    for (const container of spec["containers"] as { name: string; image: string }[])
      if (container.name === "main") container.image = image;
  });
}

async function label(t: Trial, pod: PodHandle, revision: bigint, value = "yes"): Promise<UpdatePodRequest> {
  return await send(t, pod, revision, [PodChange.METADATA], ({ metadata }) => {
    metadata.labels = { ...metadata.labels, changed: value };
  });
}

// oxlint-disable-next-line max-params -- an update has these five parts
async function send(
  t: Trial,
  pod: PodHandle,
  specRevision: bigint,
  changes: readonly PodChange[],
  change: (pod: ManifestObject) => void = ({ metadata }) => {
    metadata.labels = { ...metadata.labels, changed: "yes" };
  },
  more: Partial<UpdatePodRequest> = {},
): Promise<UpdatePodRequest> {
  const { uid, manifest, specDigest, inputs } = withManifest(pod.order, change);
  const request: UpdatePodRequest = {
    uid,
    specRevision,
    specDigest,
    manifest,
    inputs,
    inputVersion: 1n,
    changes,
    ...more,
  };
  await t.calls.pods.updatePod(request, t.options);
  return request;
}
