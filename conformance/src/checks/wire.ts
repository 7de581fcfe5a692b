/** Checks of errors, undeclared capabilities, and what cuts across all calls. */
import { statSync } from "node:fs";
import { dirname } from "node:path";
import {
  CreatePodRequest,
  GetPodRequest,
  isStatusError,
  PodChange,
  type StopReason,
  StopPodRequest,
} from "@outboard/contract";
import { check, type Check } from "../suite/check.js";
import { openAttach, openExec, openForward, openLog } from "../suite/interactions.js";
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
  check(
    "CAP-01",
    "logs",
    refusal(["no:logs"], (t, uid) => openLog(t, { uid })),
  ),
  check(
    "CAP-01",
    "exec",
    refusal(["no:exec"], (t, uid) => openExec(t, { uid, command: ["true"] }).output),
  ),
  check(
    "CAP-01",
    "attach",
    refusal(["no:attach"], (t, uid) => openAttach(t, { uid }).output),
  ),
  check(
    "CAP-01",
    "port-forward",
    refusal(["no:port_forward"], (t, uid) => openForward(t, uid, 80).output),
  ),
  check("CAP-01", "stats", {
    title: "Undeclared figures are refused at once",
    needs: ["no:stats"],
    run: async (t) => {
      await t.refused(
        async () => {
          for await (const _ of t.calls.stats.getStats(
            { onlyCpuAndMemory: true },
            { ...t.options, deadlineMs: 5_000 },
          ));
        },
        () => t.calls.node.getNode({}, t.options),
      );
    },
  }),
  check(
    "CAP-02",
    "logs-follow",
    refusal(["logs", "no:logs.follow"], (t, uid) => openLog(t, { uid, follow: true })),
  ),
  check(
    "CAP-02",
    "logs-previous",
    refusal(["logs", "no:logs.previous"], (t, uid) => openLog(t, { uid, previous: true })),
  ),
  check(
    "CAP-02",
    "logs-time",
    refusal(["logs", "no:logs.time"], (t, uid) => openLog(t, { uid, sinceTime: new Date() })),
  ),
  check(
    "CAP-02",
    "logs-tail",
    refusal(["logs", "no:logs.tail"], (t, uid) => openLog(t, { uid, tailLines: 1n })),
  ),
  check(
    "CAP-02",
    "logs-resume",
    refusal(["logs", "no:logs.resume"], (t, uid) => openLog(t, { uid, cursor: Buffer.from("a") })),
  ),
  check(
    "CAP-02",
    "exec-tty",
    refusal(
      ["exec", "no:exec.tty"],
      (t, uid) => openExec(t, { uid, command: ["true"], tty: true, stderr: false }).output,
    ),
  ),
  check(
    "CAP-02",
    "exec-stdin",
    refusal(["exec", "no:exec.stdin"], (t, uid) => openExec(t, { uid, command: ["true"], stdin: true }).output),
  ),
  check(
    "CAP-02",
    "attach-tty",
    refusal(["attach", "no:attach.tty"], (t, uid) => openAttach(t, { uid, tty: true, stderr: false }).output),
  ),
  check(
    "CAP-02",
    "attach-stdin",
    refusal(["attach", "no:attach.stdin"], (t, uid) => openAttach(t, { uid, stdin: true }).output),
  ),
  check(
    "CAP-03",
    "logs",
    declared(["logs"], (t, uid) => openLog(t, { uid })),
  ),
  check(
    "CAP-03",
    "exec",
    declared(["exec"], (t, uid) => openExec(t, { uid, command: [...t.world.kit.command("exit", { code: 0 })] }).output),
  ),
  check(
    "CAP-03",
    "attach",
    declared(["attach"], (t, uid) => openAttach(t, { uid }).output),
  ),
  check(
    "CAP-03",
    "port-forward",
    declared(["port_forward"], (t, uid) => openForward(t, uid, 9).output),
  ),
  check("CAP-03", "stats", {
    title: "Declared figures are served",
    needs: ["stats"],
    run: async (t) => {
      try {
        for await (const _ of t.calls.stats.getStats({ onlyCpuAndMemory: true }, t.options));
      } catch (error) {
        neverUnimplemented(t, error);
      }
    },
  }),
  check("CAP-03", "update", {
    title: "A declared UpdatePod is served",
    needs: ["update.metadata"],
    run: async (t) => {
      const { order } = await t.runningPod();
      const { uid, manifest, inputs, specDigest } = order;
      const request = {
        uid,
        manifest,
        inputs,
        specDigest,
        specRevision: 2n,
        inputVersion: 1n,
        changes: [PodChange.METADATA],
      };
      await t.calls.pods.updatePod(request, t.options).catch((error: unknown) => neverUnimplemented(t, error));
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

type Open = (t: Trial, uid: string) => Reading<unknown>;

/** What is not declared is refused, at once. */
function refusal(needs: Check["needs"], open: Open): Parameters<typeof check>[2] {
  return {
    title: `Refused at once where it is not declared: ${needs.at(-1)?.slice("no:".length)}`,
    needs,
    run: async (t) => {
      const pod = await t.runningPod();
      await t.refused(
        async () => {
          const stream = open(t, pod.uid);
          await t.eventually("first-frame", "the refusal", async () =>
            stream.messages.length > 0 || stream.end !== undefined ? true : undefined,
          );
          const { end } = stream;
          await stream.close();
          if (end !== undefined && end.status !== "OK") throw end.error;
        },
        () => pod.get(),
      );
    },
  };
}

/** What is declared does not say that it is not there. */
function declared(needs: Check["needs"], open: Open): Parameters<typeof check>[2] {
  return {
    title: `Served where it is declared: ${needs[0]}`,
    needs,
    run: async (t) => {
      const pod = await t.runningPod();
      const stream = open(t, pod.uid);
      await t.eventually("first-frame", "an answer", async () =>
        stream.messages.length > 0 || stream.end !== undefined ? true : undefined,
      );
      if (stream.end !== undefined) neverUnimplemented(t, stream.end.error);
      await stream.close();
    },
  };
}

function neverUnimplemented(t: Trial, error: unknown): void {
  if (error === undefined) return;
  const text = isStatusError(error) ? String(error.code) : "";
  t.verify(text !== "12", "refused", "the answer is UNIMPLEMENTED although it is declared");
}

async function timed(t: Trial, what: string, limitMs: number, call: () => Promise<unknown>): Promise<void> {
  const since = performance.now();
  await call();
  t.inTime(what, since, limitMs);
}
