/** Checks of StopPod: orders, grace, and the end of a pod. */
import { PodStage, StopReason, TerminationCause } from "@outboard/contract";
import { check, type Check } from "../suite/check.js";
import type { PodHandle } from "../suite/pod-handle.js";
import type { Trial } from "../suite/trial.js";

const PAUSE = { containers: [{ behaviour: "pause" }] } as const;
const DEAF = { containers: [{ behaviour: "ignore-term" }], features: ["termination_grace"] } as const;

export const STOP_CHECKS: readonly Check[] = [
  check("STOP-01", "ends", {
    title: "A running pod ends after StopPod",
    run: async (t) => {
      const pod = await t.runningPod();
      await pod.stop(1);
      const { stage } = await pod.get();
      t.verify(stage >= PodStage.STOPPING, "wrong-value", "the stage after StopPod is neither STOPPING nor ENDED");
      await pod.ended();
    },
  }),
  check("STOP-02", "repeat", {
    title: "StopPod may be repeated while the pod stops and after",
    run: async (t) => {
      const pod = await t.runningPod();
      for (let count = 0; count < 3; count += 1) await pod.stop(1);
      await pod.ended();
      await pod.stop(1);
    },
  }),
  check("STOP-03", "unknown", {
    title: "StopPod of an unknown UID is OK",
    run: async (t) => {
      await t.plan(PAUSE).stop(0);
    },
  }),
  check("STOP-04", "first-cause", {
    title: "The first reason stays the cause",
    run: async (t) => {
      const pod = await t.runningPod();
      await pod.stop(1, StopReason.PREEMPTED);
      await pod.stop(0, StopReason.USER);
      t.equal((await pod.ended()).cause, TerminationCause.PREEMPTED, "cause");
    },
  }),
  check("STOP-04", "reasons", {
    title: "Each reason has its cause",
    run: async (t) => {
      const pairs = [
        [StopReason.USER, TerminationCause.USER],
        [StopReason.DEADLINE, TerminationCause.DEADLINE],
        [StopReason.EVICTED, TerminationCause.EVICTED],
        [StopReason.ORPHAN, TerminationCause.ORPHAN],
      ] as const;
      for (const [reason, cause] of pairs) {
        const pod = await t.runningPod();
        await pod.stop(0, reason);
        t.equal((await pod.ended()).cause, cause, `cause of reason ${reason}`);
      }
    },
  }),
  check("STOP-05", "no-grace", {
    title: "StopPod without grace_seconds is refused and stops nothing",
    run: async (t) => {
      const pod = await t.runningPod();
      const other = await t.pod(PAUSE);
      await t.refused(
        () => t.calls.pods.stopPod({ uid: pod.uid, graceSeconds: undefined, reason: StopReason.USER }, t.options),
        () => other.stop(1),
      );
      t.equal((await pod.get()).stage, PodStage.STARTED, "stage after the refused StopPod", "changed");
    },
  }),
  check("STOP-06", "kill-at-once", {
    title: "Grace 0 kills a container that ignores TERM",
    run: async (t) => {
      const pod = await t.runningPod(DEAF);
      await endsInTime(t, pod, 0, slack(t) + 4_000);
    },
  }),
  check("STOP-07", "own-end", {
    title: "A container that handles TERM ends by itself with its own code",
    needs: ["feature:termination_grace"],
    run: async (t) => {
      const pod = await t.runningPod({
        containers: [{ behaviour: "trap-term", params: { code: 7 } }],
        features: ["termination_grace"],
      });
      await endsInTime(t, pod, 20, 15_000);
      const { state } = await pod.container();
      t.equal(state?.$case === "terminated" ? state.value.exitCode : undefined, 7, "exit code");
    },
  }),
  check("STOP-08", "grace-is-given", {
    title: "A container that ignores TERM lives for its grace, and no longer",
    needs: ["feature:termination_grace"],
    run: async (t) => {
      const pod = await t.runningPod(DEAF);
      const took = await endsInTime(t, pod, 2, 2_000 + slack(t) + 4_000);
      t.verify(took > 1_500, "early", `the container was killed after ${took} ms of 2 s`);
    },
  }),
  check("STOP-09", "shorter", {
    title: "A second StopPod shortens the grace",
    needs: ["feature:termination_grace"],
    run: async (t) => {
      const pod = await t.runningPod(DEAF);
      await pod.stop(120);
      await endsInTime(t, pod, 1, 1_000 + slack(t) + 4_000);
    },
  }),
  check("STOP-10", "longer", {
    title: "A second StopPod does not lengthen the grace",
    needs: ["feature:termination_grace"],
    run: async (t) => {
      const pod = await t.runningPod(DEAF);
      await pod.stop(2);
      await endsInTime(t, pod, 120, 2_000 + slack(t) + 4_000);
    },
  }),
  check("STOP-11", "does-not-wait", {
    title: "StopPod returns before the grace is over",
    needs: ["feature:termination_grace"],
    run: async (t) => {
      const pod = await t.runningPod(DEAF);
      const since = performance.now();
      await pod.stop(60);
      t.inTime("StopPod with grace 60 s", since, 3_000);
    },
  }),
  check("STOP-12", "only-this", {
    title: "Pods with the same and with a longer name go on",
    run: async (t) => {
      const pods = [];
      for (const name of ["conf-stop", "conf-stop", "conf-stop-b"]) pods.push(await t.runningPod({ ...PAUSE, name }));
      const [target, ...others] = pods;
      await target?.stop();
      await target?.ended();
      for (const other of others)
        t.equal((await other.container()).state?.$case, "running", "state of another pod", "changed");
    },
  }),
  check("STOP-13", "after-end", {
    title: "StopPod of an ended pod changes nothing",
    run: async (t) => {
      const pod = await t.pod({ containers: [{ behaviour: "exit", params: { ms: 50, code: 3 } }] });
      await pod.ended();
      await pod.stop(0, StopReason.USER);
      const after = await pod.get();
      t.equal(after.stage, PodStage.ENDED, "stage", "changed");
      t.equal(after.cause, TerminationCause.UNSPECIFIED, "cause", "changed");
    },
  }),
  check("STOP-14", "all-terminated", {
    title: "At the end every container is terminated for good",
    needs: ["feature:containers.multiple"],
    run: async (t) => {
      const pod = await t.pod({
        containers: [{ behaviour: "pause" }, { behaviour: "pause" }],
        features: ["containers.multiple"],
      });
      await pod.running("main");
      await pod.running("main-1");
      await pod.stop();
      for (const { name, state, willRestart } of (await pod.ended()).containers) {
        t.equal(state?.$case, "terminated", `state of ${name}`);
        t.equal(willRestart, false, `will_restart of ${name}`);
      }
    },
  }),
  check("STOP-15", "while-preparing", {
    title: "A pod that cannot start is ended too",
    run: async (t) => {
      const pod = await t.pod({ containers: [{ behaviour: "bad-image" }] });
      await pod.stop(1);
      await pod.ended();
    },
  }),
  check("STOP-17", "own-end", {
    title: "A pod whose containers are through ends by itself without a cause",
    run: async (t) => {
      const pod = await t.pod({ containers: [{ behaviour: "exit", params: { ms: 50, code: 0 } }] });
      const seen = await pod.ended();
      t.equal(seen.cause, TerminationCause.UNSPECIFIED, "cause");
      t.equal(t.containerOf(seen).state?.$case, "terminated", "state");
    },
  }),
  check("STOP-18", "overlap", {
    title: "CreatePod and StopPod at once end with nothing running",
    run: async (t) => {
      for (let count = 0; count < 10; count += 1) {
        const pod = t.plan(PAUSE);
        await Promise.allSettled([pod.create(), pod.stop(0)]);
        await pod.stop(0);
        await t.eventually("end", "nothing runs", async () => {
          const seen = await pod.get().catch(() => undefined);
          return seen === undefined || seen.stage === PodStage.ENDED ? true : undefined;
        });
      }
    },
  }),
];

/** Stops and waits; milliseconds until the end was seen, which must be within the limit. */
async function endsInTime(t: Trial, pod: PodHandle, grace: number, limitMs: number): Promise<number> {
  const since = performance.now();
  await pod.stop(grace);
  await pod.ended();
  t.inTime(`the end after StopPod with grace ${grace} s`, since, limitMs);
  return Math.round(performance.now() - since);
}

/** What a provider may take to notice. */
function slack(t: Trial): number {
  return t.world.limits.of("observe");
}
