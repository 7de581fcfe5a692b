/** Checks of capabilities: refused where undeclared, served where declared. */
import { isStatusError, PodChange } from "@outboard/contract";
import { check, type Check } from "../suite/check.js";
import { awaitAnswer, openAttach, openExec, openForward, openLog } from "../suite/interactions.js";
import type { Reading } from "../suite/streams.js";
import type { Trial } from "../suite/trial.js";

export const CAPABILITY_CHECKS: readonly Check[] = [
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
          await awaitAnswer(t, stream, "the refusal");
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
      await awaitAnswer(t, stream, "an answer");
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
