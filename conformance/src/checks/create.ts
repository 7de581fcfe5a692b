/** Checks of CreatePod. */
import {
  CreatePodRequest,
  type Feature,
  type FeatureId,
  FEATURES,
  type PodObservation,
  PodStage,
} from "@outboard/contract";
import { check, type Check } from "../suite/check.js";
import { linesOf, readLog } from "../suite/interactions.js";
import type { PodHandle } from "../suite/pod-handle.js";
import { withUnknownField } from "../suite/raw.js";
import { digestOf, withManifest } from "../suite/sketch.js";
import { watch } from "../suite/streams.js";
import type { Trial } from "../suite/trial.js";

const PAUSE = { containers: [{ behaviour: "pause" }] } as const;

export const CREATE_CHECKS: readonly Check[] = [
  check("CREATE-01", "starts", {
    title: "A new pod is taken and its container runs",
    run: async (t) => {
      const since = performance.now();
      const pod = await t.pod(PAUSE);
      t.inTime("CreatePod", since, 30_000);
      const seen = await pod.running();
      t.equal(seen.stage, PodStage.STARTED, "stage");
    },
  }),
  check("CREATE-02", "repeat", {
    title: "The same CreatePod ten times gives one backend_id",
    run: async (t) => {
      const pod = t.plan(PAUSE);
      const first = await pod.create();
      await pod.running();
      const ids = new Set([first]);
      for (let count = 0; count < 9; count += 1) ids.add(await pod.create());
      ids.delete(""); // the backend may give it later
      t.verify(ids.size <= 1, "changed", `backend_id changed: ${[...ids].join(", ")}`);
    },
  }),
  check("CREATE-03", "one-workload", {
    title: "Repeating CreatePod leaves the running instance alone",
    run: async (t) => {
      const pod = await t.runningPod();
      const before = await pod.container();
      for (let count = 0; count < 5; count += 1) await pod.create();
      await t.pause(t.world.limits.quietMs);
      const after = await pod.container();
      t.equal(after.containerId, before.containerId, "container_id", "repeated");
      t.equal(after.restartCount, before.restartCount, "restart_count", "repeated");
    },
  }),
  check("CREATE-04", "other-digest", {
    title: "The same UID with another digest is a conflict",
    run: async (t) => {
      const pod = await t.pod(PAUSE);
      const other = labelled(pod);
      await t.refused(
        () => t.calls.pods.createPod(other, t.options),
        () => pod.create(),
      );
      t.equal((await pod.get()).specDigest, pod.order.specDigest, "spec_digest after the conflict", "changed");
    },
  }),
  check("CREATE-05", "read-own-write", {
    title: "A pod is known as soon as CreatePod has answered",
    run: async (t) => {
      const pod = await t.pod(PAUSE);
      const seen = await pod.get().catch(() => undefined);
      t.verify(seen?.uid === pod.uid, "missing", "GetPod does not know the pod right after CreatePod");
      await inSnapshot(t, pod.uid);
    },
  }),
  check("CREATE-06", "same-name", {
    title: "Two pods of one name live beside each other",
    run: async (t) => {
      const one = await t.runningPod({ ...PAUSE, name: "conf-twin" });
      const two = await t.runningPod({ ...PAUSE, name: "conf-twin" });
      t.equal((await one.container()).state?.$case, "running", "state of the first");
      await one.stop();
      await one.ended();
      t.equal((await two.container()).state?.$case, "running", "state of the second after the first was stopped");
    },
  }),
  check("CREATE-07", "bad-requests", {
    title: "A CreatePod with something required missing is refused",
    run: async (t) => {
      const good = () => t.pod(PAUSE);
      const bad = async (change: Partial<CreatePodRequest>) =>
        await t.refused(() => t.plan(PAUSE, change).create(), good);
      await t.refused(() => t.calls.pods.createPod({ ...t.plan(PAUSE).order, uid: "" }, t.options), good);
      await bad({ manifest: undefined });
      await bad({ inputs: undefined });
      await bad({ startTime: undefined });
      const json = Buffer.from("{not json");
      await bad({ manifest: { json }, specDigest: digestOf(json) });
    },
  }),
  check("CREATE-08", "no-trace", {
    title: "After a refused CreatePod the UID is unknown",
    run: async (t) => {
      const pod = t.plan(PAUSE);
      const refused = await pod.create({ inputs: undefined }).catch(() => "refused");
      t.verify(refused === "refused", "control-failed", "a CreatePod without inputs was accepted");
      const seen = await pod.get().catch(() => undefined);
      t.verify(seen === undefined, "unexpected", "the pod of a refused CreatePod is known");
      await pod.create();
      await pod.running();
    },
  }),
  check("CREATE-09", "undeclared-feature", {
    title: "Every feature that is not declared is refused",
    run: async (t) => {
      const pod = t.plan(PAUSE);
      const inputs = t.present(pod.order.inputs, "inputs");
      const refused = async (feature: Feature, control: () => Promise<unknown>) =>
        await t.refused(() => pod.create({ inputs: { ...inputs, admittedFeatures: [feature] } }), control);
      const [first, ...others] = undeclaredFeatures(t);
      await refused(first, () => t.pod(PAUSE));
      for (const feature of others) await refused(feature, () => t.calls.node.getNode({}, t.options));
    },
  }),
  check("CREATE-10", "identity", {
    title: "The observation says what was sent",
    run: async (t) => {
      const pod = await t.pod({ ...PAUSE, name: "conf-identity", namespace: "conf-space" });
      const seen = await pod.get();
      t.equal(seen.uid, pod.uid, "uid");
      t.equal(seen.namespace, "conf-space", "namespace");
      t.equal(seen.name, "conf-identity", "name");
      t.equal(seen.specRevision, 1n, "spec_revision");
      t.equal(seen.specDigest, pod.order.specDigest, "spec_digest");
      t.equal(seen.inputVersion, 1n, "input_version");
    },
  }),
  check("CREATE-11", "concurrent", {
    title: "Eight pods made at once are all there",
    run: async (t) => {
      const pods = Array.from({ length: 8 }, () => t.plan(PAUSE));
      const answers = await Promise.allSettled(pods.map(async (pod) => await pod.create()));
      const failed = answers.filter(({ status }) => status === "rejected");
      t.verify(failed.length === 0, "refused", `${failed.length} of 8 concurrent creates failed`);
      for (const pod of pods) await pod.running();
      const uids = new Set((await list(t)).map(({ uid }) => uid));
      t.verify(
        pods.every(({ uid }) => uids.has(uid)),
        "missing",
        "a pod is missing from the snapshot",
      );
    },
  }),
  check("CREATE-12", "cancelled", {
    title: "A cancelled CreatePod leaves a UID that works as any other",
    run: async (t) => {
      for (let count = 0; count < 5; count += 1) {
        const pod = t.plan(PAUSE);
        const abort = new AbortController();
        const call = t.calls.pods.createPod(pod.order, { ...t.options, signal: abort.signal }).catch(() => {});
        await t.pause(count * 2);
        abort.abort();
        await call;
        await pod.create();
        await pod.running();
        await pod.stop();
        await pod.ended();
      }
    },
  }),
  check("CREATE-13", "ended", {
    title: "CreatePod of an ended pod starts nothing",
    run: async (t) => {
      const pod = await t.pod({ containers: [{ behaviour: "exit", params: { ms: 50, code: 0 } }] });
      const before = await pod.ended();
      await pod.create();
      await t.pause(t.world.limits.quietMs);
      const after = await pod.get();
      t.equal(after.stage, PodStage.ENDED, "stage");
      t.equal(t.containerOf(after).containerId, t.containerOf(before).containerId, "container_id", "repeated");
    },
  }),
  check("CREATE-14", "stopped-unknown", {
    title: "A UID that was stopped while unknown is never created",
    run: async (t) => {
      const pod = t.plan(PAUSE);
      await pod.stop();
      await t.refused(
        () => pod.create(),
        () => t.pod(PAUSE),
      );
    },
  }),
  check("CREATE-15", "released", {
    title: "A released UID is never created again",
    run: async (t) => {
      const pod = await t.runningPod();
      await pod.stop();
      await pod.ended();
      await pod.release();
      await t.refused(
        () => pod.create(),
        () => t.pod(PAUSE),
      );
    },
  }),
  check("CREATE-16", "prior", {
    title: "Counts of a lost pod are continued",
    run: async (t) => {
      const pod = t.plan(PAUSE, {
        prior: [
          {
            name: "main",
            restartCount: 4,
            lastTermination: {
              exitCode: 7,
              reason: "Error",
              message: "",
              since: new Date(Date.now() - 60_000),
              until: new Date(Date.now() - 30_000),
              containerId: "earlier",
            },
          },
        ],
      });
      await pod.create();
      const container = t.containerOf(await pod.running());
      t.verify(
        container.restartCount >= 4,
        "wrong-value",
        `restart_count is ${container.restartCount}, must be 4 or more`,
      );
      t.equal(container.lastTermination?.exitCode, 7, "exit code of last_termination");
    },
  }),
  check("CREATE-17", "opaque-digest", {
    title: "The digest is taken as it comes",
    run: async (t) => {
      const specDigest = Buffer.alloc(32, 0xab);
      const pod = t.plan(PAUSE, { specDigest });
      await pod.create();
      t.equal((await pod.get()).specDigest, specDigest, "spec_digest");
      await pod.create();
    },
  }),
  check("CREATE-18", "unknown-fields", {
    title: "Unknown fields of manifest and message are ignored",
    run: async (t) => {
      const plan = t.plan(PAUSE);
      const order = withManifest(plan.order, (pod) => {
        pod.spec["fieldOfTheFuture"] = { a: 1 };
      });
      const pod = t.plan(PAUSE, order);
      await withUnknownField(t, "pods", "CreatePod", CreatePodRequest.encode(order).finish());
      await pod.running();
    },
  }),
  check("CREATE-19", "other-inputs", {
    title: "Other inputs with an equal digest are taken as by UpdateInputs",
    run: async (t) => {
      const pod = await t.runningPod();
      const inputs = t.present(pod.order.inputs, "inputs");
      await pod.create({ inputs: { ...inputs, hostname: "other" }, inputVersion: 2n });
      await pod.until("input_version 2", ({ inputVersion }) => inputVersion === 2n);
    },
  }),
  check("CREATE-20", "ended-conflict", {
    title: "An ended pod with another digest is a conflict",
    run: async (t) => {
      const pod = await t.pod({ containers: [{ behaviour: "exit", params: { ms: 50, code: 0 } }] });
      await pod.ended();
      await t.refused(
        () => t.calls.pods.createPod(labelled(pod), t.options),
        () => pod.create(),
      );
    },
  }),
  check("CREATE-24", "bad-image", {
    title: "An image that cannot be had shows as a waiting reason",
    run: async (t) => {
      const pod = await t.pod({ containers: [{ behaviour: "bad-image" }] });
      await pod.until("a waiting reason", ({ containers }) => {
        const state = containers[0]?.state;
        return state?.$case === "waiting" && /^(Err|Image|Invalid|CreateContainer)/.test(state.value.reason);
      });
      t.verify(
        (await pod.get()).stage <= PodStage.PREPARING,
        "wrong-value",
        "the stage says that something has started",
      );
    },
  }),
  check("CREATE-01", "log-of-one", {
    title: "One instance wrote the log once",
    needs: ["logs"],
    run: async (t) => {
      const pod = await t.pod({ containers: [{ behaviour: "print-exit", params: { lines: 3, ms: 100, code: 0 } }] });
      await pod.create();
      await pod.ended();
      t.equal(linesOf(await readLog(t, { uid: pod.uid })).length, 3, "lines of the log", "repeated");
    },
  }),
];

/** All observations of a new snapshot. */
export async function list(t: Trial): Promise<readonly PodObservation[]> {
  const stream = watch(t, true);
  const end = await stream.ended("observe", "the list ends");
  t.equal(end.status, "OK", "status of the list", "wrong-status");
  return stream.messages.flatMap(({ event }) => (event?.$case === "observation" ? [event.value] : []));
}

/** The pod must be in a new snapshot. */
export async function inSnapshot(t: Trial, uid: string): Promise<void> {
  const found = (await list(t)).some((pod) => pod.uid === uid);
  t.verify(found, "missing", `pod ${uid} is not in a new snapshot`);
}

/** The pod's order with a label more: another digest, a higher revision. */
export function labelled(pod: PodHandle): CreatePodRequest {
  const order = withManifest(pod.order, ({ metadata }) => {
    metadata.labels = { ...metadata.labels, changed: "yes" };
  });
  return { ...order, specRevision: 2n };
}

/** Number of a feature that the provider did not declare. */
export function undeclaredFeature(t: Trial): Feature {
  return undeclaredFeatures(t)[0];
}

/** Numbers of all that the provider did not declare; the first is one that nobody knows. */
function undeclaredFeatures(t: Trial): readonly [Feature, ...Feature[]] {
  const rows = FEATURES.filter(({ id, base }) => !base && !declaredAtAll(t, id));
  return [9_999 as Feature, ...rows.map(({ number }) => number as Feature)];
}

function declaredAtAll(t: Trial, id: FeatureId): boolean {
  return t.world.hello.features.some(({ feature }) => FEATURES.find(({ number }) => number === feature)?.id === id);
}
