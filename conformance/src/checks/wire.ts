/** Checks of errors, and of what cuts across all calls. */
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { CreatePodRequest, GetPodRequest, type StopReason, StopPodRequest } from "@outboard/contract";
import { check, type Check } from "../suite/check.js";
import { rawCall, withUnknownField } from "../suite/raw.js";
import { digestOf } from "../suite/sketch.js";
import { type Reading, watch } from "../suite/streams.js";
import type { Trial } from "../suite/trial.js";

const PAUSE = { containers: [{ behaviour: "pause" }] } as const;

export const WIRE_CHECKS: readonly Check[] = [
  check("ERR-05", "long-uid", {
    title: "A uid over its limit is refused",
    run: async (t) => {
      const pod = await t.runningPod();
      await t.refused(
        () => t.calls.pods.getPod({ uid: "u".repeat(129) }, t.options),
        () => pod.get(),
      );
    },
  }),
  check("X-01", "garbage", {
    title: "Garbage fails and the provider lives on",
    run: async (t) => {
      const good = CreatePodRequest.encode(t.plan(PAUSE).order).finish();
      for (const bytes of [
        Buffer.alloc(64, 0xff),
        good.subarray(0, good.length - 3),
        Buffer.from([0x0a, 0x05, 0x41]),
      ]) {
        const answer = await rawCall(t, "pods", "CreatePod", bytes).catch(() => undefined);
        t.verify(answer === undefined, "accepted", "bytes that are no message were accepted");
      }
      await t.calls.node.getNode({}, t.options);
    },
  }),
  check("X-02", "streams-and-calls", {
    title: "GetPod answers while twenty streams are open",
    run: async (t) => {
      const pod = await t.runningPod();
      const streams: Reading<unknown>[] = Array.from({ length: 20 }, () => watch(t));
      for (let count = 0; count < 10; count += 1) {
        const since = performance.now();
        await pod.get();
        t.inTime("GetPod", since, 2_000);
      }
      for (const stream of streams) await stream.close();
    },
  }),
  check("X-03", "reconnect", {
    title: "New connections serve the same session",
    run: async (t) => {
      for (let count = 0; count < 5; count += 1) await t.otherConnection().node.getNode({}, t.options);
    },
  }),
  check("X-04", "unknown-fields", {
    title: "Unknown fields in requests are ignored",
    run: async (t) => {
      const pod = await t.runningPod();
      await withUnknownField(t, "node", "GetNode", new Uint8Array());
      await withUnknownField(t, "pods", "GetPod", GetPodRequest.encode({ uid: pod.uid }).finish());
      await withUnknownField(
        t,
        "pods",
        "StopPod",
        StopPodRequest.encode({ uid: pod.uid, graceSeconds: 0, reason: 1 }).finish(),
      );
      await pod.ended();
    },
  }),
  check("X-05", "large-message", {
    title: "A message of nearly the declared size is taken",
    run: async (t) => {
      const size = (t.world.hello.limits?.maxMessageBytes ?? 4_194_304) - 200_000;
      const content = Buffer.alloc(Math.min(size, 15_000_000), "x");
      const file = { path: "large.bin", mode: 0o644, sha256: digestOf(content), content, sensitive: false };
      const pod = t.plan({
        containers: [{ behaviour: "pause", mounts: [{ name: "large", mountPath: "/etc/large" }] }],
        volumes: [{ name: "large", files: [file] }],
      });
      await pod.create();
      t.equal((await pod.get()).uid, pod.uid, "uid");
    },
  }),
  check("X-07", "in-time", {
    title: "Unary calls answer within their deadlines",
    run: async (t) => {
      const pod = t.plan(PAUSE);
      await timed(t, "CreatePod", 30_000, () => pod.create());
      await timed(t, "GetPod", 10_000, () => pod.get());
      await timed(t, "GetNode", 3_000, () => t.calls.node.getNode({}, t.options));
      await timed(t, "StopPod", 30_000, () => pod.stop(0));
      await pod.ended();
      await timed(t, "ReleasePod", 10_000, () => pod.release());
    },
  }),
  check("X-08", "private-socket", {
    title: "The socket is for its owner only",
    needs: ["unix"],
    run: async (t) => {
      const { address } = t.world.options;
      if (address.kind !== "unix") return;
      const [socket, folder] = [statSync(address.path).mode, statSync(dirname(address.path)).mode];
      t.equal((socket & 0o777).toString(8), "600", "mode of the socket");
      t.verify(
        (folder & 0o077) === 0,
        "wrong-value",
        `others may enter the socket's folder: mode ${(folder & 0o777).toString(8)}`,
      );
    },
  }),
  check("X-10", "unknown-enum", {
    title: "An unknown stop reason still stops the pod",
    run: async (t) => {
      const pod = await t.runningPod();
      await t.calls.pods.stopPod({ uid: pod.uid, graceSeconds: 0, reason: 99 as StopReason }, t.options);
      await pod.ended();
    },
  }),
];

async function timed(t: Trial, what: string, limitMs: number, call: () => Promise<unknown>): Promise<void> {
  const since = performance.now();
  await call();
  t.inTime(what, since, limitMs);
}
