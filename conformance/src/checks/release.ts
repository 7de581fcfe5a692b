/** Checks of ReleasePod and GetPod. */
import { PodStage } from "@outboard/contract";
import { check, type Check } from "../suite/check.js";
import type { PodHandle } from "../suite/pod-handle.js";
import { watch } from "../suite/streams.js";
import type { Trial } from "../suite/trial.js";
import { inSnapshot, list } from "./create.js";
import { whileDown } from "./node.js";

const PAUSE = { containers: [{ behaviour: "pause" }] } as const;
const EXIT_3 = { containers: [{ behaviour: "exit", params: { ms: 50, code: 3 } }] } as const;

export const RELEASE_CHECKS: readonly Check[] = [
  check("REL-01", "forgotten", {
    title: "A released pod is gone from GetPod and from the list",
    run: async (t) => {
      const pod = await stopped(t);
      await pod.release();
      const seen = await pod.get().catch(() => undefined);
      t.verify(seen === undefined, "unexpected", "GetPod still knows the released pod");
      const isListed = (await list(t)).some(({ uid }) => uid === pod.uid);
      t.verify(!isListed, "unexpected", "the released pod is in a new snapshot");
    },
  }),
  check("REL-02", "running", {
    title: "A running pod is not released",
    run: async (t) => {
      const pod = await t.runningPod();
      const other = await stopped(t);
      await t.refused(
        () => pod.release(),
        () => other.release(),
      );
      t.equal((await pod.container()).state?.$case, "running", "state after the refused ReleasePod", "changed");
    },
  }),
  check("REL-03", "repeat", {
    title: "ReleasePod of a released and of an unknown UID is OK",
    run: async (t) => {
      const pod = await stopped(t);
      await pod.release();
      await pod.release();
      await t.plan(PAUSE).release();
    },
  }),
  check("REL-04", "kept", {
    title: "An ended pod is kept, with its exit code, until it is released",
    run: async (t) => {
      const pod = await t.pod(EXIT_3);
      await pod.ended();
      await t.pause(2 * t.world.limits.quietMs);
      const seen = await pod.get();
      const { state } = t.containerOf(seen);
      t.equal(seen.stage, PodStage.ENDED, "stage");
      t.equal(state?.$case === "terminated" ? state.value.exitCode : undefined, 3, "exit code");
      await inSnapshot(t, pod.uid);
    },
  }),
  check("GET-01", "unknown", {
    title: "An unknown UID is NOT_FOUND",
    run: async (t) => {
      const known = await t.pod(PAUSE);
      await t.refused(
        () => t.plan(PAUSE).get(),
        () => known.get(),
      );
    },
  }),
  check("GET-02", "answer", {
    title: "GetPod gives the pod that was asked for",
    run: async (t) => {
      const pods = [await t.pod(PAUSE), await t.pod(PAUSE)];
      for (const pod of pods) t.equal((await pod.get()).uid, pod.uid, "uid");
    },
  }),
  check("GET-03", "fresh", {
    title: "GetPod is not older than what the watch has sent",
    run: async (t) => {
      const stream = watch(t);
      const pod = await t.runningPod();
      await pod.stop(1);
      const ended = await stream.find("end", "the end of the pod", ({ event }) => isEnd(event, pod.uid));
      const sent = ended.event?.$case === "observation" ? ended.event.value.revision : 0n;
      const { revision } = await pod.get();
      t.verify(revision >= sent, "order", `GetPod has revision ${revision}, the watch sent ${sent}`);
      await stream.close();
    },
  }),
  check("GET-04", "backend-down", {
    title: "GetPod and the list answer while the backend is down",
    needs: ["control"],
    isAlone: true,
    run: async (t) => {
      const pod = await t.runningPod();
      await whileDown(t, async () => {
        t.equal((await pod.get()).uid, pod.uid, "uid");
        await list(t);
      });
    },
  }),
  check("GET-05", "tombstone", {
    title: "A tombstoned UID is NOT_FOUND",
    run: async (t) => {
      const pod = t.plan(PAUSE);
      await pod.stop();
      const other = await t.pod(PAUSE);
      await t.refused(
        () => pod.get(),
        () => other.get(),
      );
    },
  }),
];

type Event = ReturnType<typeof watch>["messages"][number]["event"];

/** True for the observation of a pod's end. */
export function isEnd(event: Event, uid: string): boolean {
  return event?.$case === "observation" && event.value.uid === uid && event.value.stage === PodStage.ENDED;
}

async function stopped(t: Trial): Promise<PodHandle> {
  const pod = await t.runningPod();
  await pod.stop();
  await pod.ended();
  return pod;
}
