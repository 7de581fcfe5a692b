/** Checks of WatchPods and of pod events. */
import { PodStage, type WatchPodsResponse } from "@outboard/contract";
import { check, type Check } from "../suite/check.js";
import type { Reading } from "../suite/streams.js";
import { watch } from "../suite/streams.js";
import type { Trial } from "../suite/trial.js";
import { list } from "./create.js";
import { isEnd } from "./release.js";

const PAUSE = { containers: [{ behaviour: "pause" }] } as const;
const EXIT_0 = { containers: [{ behaviour: "exit", params: { ms: 50, code: 0 } }] } as const;
const HEARTBEAT_LIMIT_MS = 10_500;

type Watch = Reading<WatchPodsResponse>;

export const WATCH_CHECKS: readonly Check[] = [
  check("WATCH-01", "begin", {
    title: "The stream begins with snapshot_begin and the epoch",
    run: async (t) => {
      const stream = await opened(t);
      const [first] = stream.messages;
      t.equal(first?.event?.$case, "snapshotBegin", "first message", "order");
      const epoch = first?.event?.$case === "snapshotBegin" ? first.event.value.epoch : "";
      t.equal(epoch, t.world.hello.epoch, "epoch");
      t.equal(count(stream, "snapshotBegin"), 1, "number of snapshot_begin", "repeated");
      await stream.close();
    },
  }),
  check("WATCH-02", "end", {
    title: "snapshot_end comes once and is complete",
    run: async (t) => {
      const stream = await opened(t);
      await t.pause(t.world.limits.quietMs);
      t.equal(count(stream, "snapshotEnd"), 1, "number of snapshot_end", "repeated");
      const end = stream.messages.find(({ event }) => event?.$case === "snapshotEnd");
      const isComplete = end?.event?.$case === "snapshotEnd" && end.event.value.complete;
      t.verify(isComplete, "wrong-value", "the snapshot is not complete although the inventory is");
      await stream.close();
    },
  }),
  check("WATCH-03", "all-pods", {
    title: "The snapshot has running and ended pods",
    run: async (t) => {
      const running = await t.runningPod();
      const ended = await t.pod(EXIT_0);
      await ended.ended();
      const uids = (await list(t)).map(({ uid }) => uid);
      t.verify(uids.includes(running.uid), "missing", "a running pod is missing from the snapshot");
      t.verify(uids.includes(ended.uid), "missing", "an ended pod is missing from the snapshot");
    },
  }),
  check("WATCH-04", "list-ends", {
    title: "snapshot_only ends with OK after snapshot_end",
    run: async (t) => {
      await t.pod(PAUSE);
      const stream = watch(t, true);
      const { status } = await stream.ended("observe", "the list ends");
      t.equal(status, "OK", "status of the list", "wrong-status");
      t.equal(stream.messages.at(-1)?.event?.$case, "snapshotEnd", "last message of the list", "order");
    },
  }),
  check("WATCH-06", "pushed", {
    title: "A pod's start and end arrive on the open stream",
    run: async (t) => {
      const stream = await opened(t);
      const pod = t.plan(EXIT_0);
      await pod.create();
      await stream.find("start", "an observation of the new pod", ({ event }) => isOf(event, pod.uid));
      await stream.find("end", "the pod's end", ({ event }) => isEnd(event, pod.uid));
      await stream.close();
    },
  }),
  check("WATCH-07", "forgotten", {
    title: "A release is told",
    run: async (t) => {
      const stream = await opened(t);
      const pod = await t.pod(EXIT_0);
      await pod.ended();
      await pod.release();
      await stream.find(
        "observe",
        "pod_forgotten",
        ({ event }) => event?.$case === "podForgotten" && event.value.uid === pod.uid,
      );
      await stream.close();
    },
  }),
  check("WATCH-08", "not-forgotten", {
    title: "An ended pod that is not released is not forgotten",
    run: async (t) => {
      const stream = await opened(t);
      const pod = await t.pod(EXIT_0);
      await pod.ended();
      await stream.quiet(
        "unexpected",
        "pod_forgotten came without a release",
        ({ event }) => event?.$case === "podForgotten" && event.value.uid === pod.uid,
      );
      await stream.close();
    },
  }),
  check("WATCH-09", "heartbeat", {
    title: "A heartbeat comes within 10 s, again and again",
    run: async (t) => {
      const stream = await opened(t);
      for (let number = 1; number <= 2; number += 1) {
        const since = performance.now();
        while (count(stream, "heartbeat") < number) {
          const waited = performance.now() - since;
          const allowed = t.allowed(HEARTBEAT_LIMIT_MS, since);
          t.verify(waited < allowed, "late", `no heartbeat within ${Math.round(waited)} ms`);
          await t.pause(50);
        }
        t.used = Math.max(t.used, (performance.now() - since) / HEARTBEAT_LIMIT_MS);
      }
      await stream.close();
    },
  }),
  check("WATCH-10", "stays-open", {
    title: "An idle stream stays open",
    run: async (t) => {
      const stream = await opened(t);
      await t.pause(12_000);
      t.verify(stream.end === undefined, "unexpected", `the stream ended with ${stream.end?.status}`);
      await stream.close();
    },
  }),
  check("WATCH-11", "two-streams", {
    title: "Two streams both tell of a pod",
    run: async (t) => {
      const streams = [await opened(t), await opened(t)];
      const pod = await t.pod(EXIT_0);
      for (const stream of streams) await stream.find("end", "the pod's end", ({ event }) => isEnd(event, pod.uid));
      for (const stream of streams) await stream.close();
    },
  }),
  check("WATCH-12", "slow-reader", {
    title: "A reader that stands still does not stop another",
    run: async (t) => {
      const slow = watch(t, false, t.otherConnection());
      slow.hold();
      const live = await opened(t);
      for (let number = 0; number < 5; number += 1) {
        const pod = await t.pod(EXIT_0);
        await live.find("end", "the pod's end", ({ event }) => isEnd(event, pod.uid));
      }
      await live.close();
      await slow.close();
    },
  }),
  check("WATCH-13", "slow-reader-catches-up", {
    title: "A reader that stood still gets the end of every pod",
    run: async (t) => {
      const slow = watch(t, false, t.otherConnection());
      await slow.find("observe", "snapshot_end", ({ event }) => event?.$case === "snapshotEnd");
      slow.hold();
      const pods = [];
      for (let number = 0; number < 5; number += 1) pods.push(await t.pod(EXIT_0));
      for (const pod of pods) await pod.ended();
      slow.letGo();
      for (const pod of pods) await slow.find("observe", "the pod's end", ({ event }) => isEnd(event, pod.uid));
      await slow.close();
    },
  }),
  check("WATCH-14", "every-end", {
    title: "Each instance of a restarting container shows its end before the next start",
    needs: ["feature:restart_policy.always"],
    run: async (t) => {
      const stream = await opened(t);
      const pod = await t.pod({
        containers: [{ behaviour: "crash", params: { ms: 50, code: 5 } }],
        restartPolicy: "Always",
        features: ["restart_policy.always"],
      });
      await pod.until("a restart", ({ containers }) => (containers[0]?.restartCount ?? 0) >= 1);
      await stream.find(
        "observe",
        "the restart",
        ({ event }) =>
          event?.$case === "observation" && isOf(event, pod.uid) && (event.value.containers[0]?.restartCount ?? 0) >= 1,
      );
      const hasEnd = stream.messages.some(({ event }) => {
        const first = event?.$case === "observation" && isOf(event, pod.uid) ? event.value.containers[0] : undefined;
        const isFirstEnd = first?.state?.$case === "terminated" && first.restartCount === 0;
        return isFirstEnd && first?.state?.$case === "terminated" && first.state.value.exitCode === 5;
      });
      t.verify(hasEnd, "missing", "the end of the first instance was not shown before the second started");
      await stream.close();
    },
  }),
  check("WATCH-17", "again", {
    title: "A stream after a cut one begins with a snapshot",
    run: async (t) => {
      const pod = await t.runningPod();
      const first = await opened(t);
      await first.close();
      const second = await opened(t);
      const hasPod = second.messages.some(({ event }) => isOf(event, pod.uid));
      t.verify(hasPod, "missing", "the second snapshot lacks a running pod");
      await second.close();
    },
  }),
  check("WATCH-18", "many-in-turn", {
    title: "A hundred streams in turn are served",
    run: async (t) => {
      for (let number = 0; number < 100; number += 1) {
        const stream = watch(t);
        await stream.find("observe", `snapshot_end of stream ${number}`, ({ event }) => event?.$case === "snapshotEnd");
        await stream.close();
      }
    },
  }),
  check("WATCH-19", "seam", {
    title: "Pods that are made while a stream is opened are not lost",
    run: async (t) => {
      for (let number = 0; number < 5; number += 1) {
        const pod = t.plan(PAUSE);
        const created = pod.create();
        const stream = watch(t);
        await created;
        await stream.find("observe", "the pod", ({ event }) => isOf(event, pod.uid));
        await stream.close();
      }
    },
  }),
  check("WATCH-22", "no-noise", {
    title: "An idle pod causes no messages",
    run: async (t) => {
      const pod = await t.runningPod();
      const stream = await opened(t);
      await t.pause(t.world.limits.of("observe"));
      const before = observations(stream, pod.uid);
      await t.pause(2_000);
      const more = observations(stream, pod.uid).slice(before.length);
      const isNoise = more.some((pod, index) => lasting(pod) === lasting(more[index - 1] ?? before.at(-1)));
      t.verify(!isNoise, "unexpected", "an observation came in which only observed_at differs");
      await stream.close();
    },
  }),
  check("EVENT-03", "kept", {
    title: "At most 64 events of a pod come again",
    run: async (t) => {
      const pod = await t.runningPod();
      const stream = await opened(t);
      await t.pause(t.world.limits.quietMs);
      const kept = stream.messages.filter(({ event }) => event?.$case === "podEvent" && event.value.uid === pod.uid);
      t.verify(kept.length <= 64, "unexpected", `${kept.length} events of one pod came again`);
      await stream.close();
    },
  }),
  check("EVENT-04", "not-in-lists", {
    title: "A list has no events",
    run: async (t) => {
      await t.runningPod();
      const stream = watch(t, true);
      await stream.ended("observe", "the list ends");
      t.equal(count(stream, "podEvent"), 0, "events in the list", "unexpected");
    },
  }),
];

/** A stream whose snapshot has come. */
async function opened(t: Trial): Promise<Watch> {
  const stream = watch(t);
  await stream.find("observe", "snapshot_end", ({ event }) => event?.$case === "snapshotEnd");
  return stream;
}

function count({ messages }: Watch, kind: NonNullable<WatchPodsResponse["event"]>["$case"]): number {
  return messages.filter(({ event }) => event?.$case === kind).length;
}

function isOf(event: WatchPodsResponse["event"], uid: string): boolean {
  return event?.$case === "observation" && event.value.uid === uid;
}

function observations({ messages }: Watch, uid: string) {
  return messages.flatMap(({ event }) =>
    event?.$case === "observation" && event.value.uid === uid ? [event.value] : [],
  );
}

function lasting(pod: ReturnType<typeof observations>[number] | undefined): string {
  if (pod === undefined) return "";
  const { observedAt: _time, revision: _revision, stage, ...rest } = pod;
  return JSON.stringify({ ...rest, stage: PodStage.STARTED === stage }, (_key, value: unknown) => {
    if (typeof value === "bigint") return value.toString();
    return value instanceof Map ? [...value] : value;
  });
}
