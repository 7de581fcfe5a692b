/** Checks of attach. */
import type { AttachRequest } from "@outboard/contract";
import { check, type Check } from "../suite/check.js";
import { firstOrEnd, linesOf, openAttach, readLog, resultOf } from "../suite/interactions.js";
import { Reading, Sending } from "../suite/streams.js";
import type { Trial } from "../suite/trial.js";

const TICK = { containers: [{ behaviour: "tick", params: { ms: 100 } }] } as const;
const EXIT = { containers: [{ behaviour: "exit", params: { ms: 50, code: 0 } }] } as const;

export const ATTACH_CHECKS: readonly Check[] = [
  check("ATTACH-01", "output", {
    title: "opened comes at once, then output",
    needs: ["attach"],
    run: async (t) => {
      const { uid } = await t.runningPod(TICK);
      const { output } = openAttach(t, { uid });
      await output.find("first-frame", "opened", ({ frame }) => frame?.$case === "opened");
      await output.find("stream", "some output", ({ frame }) => frame?.$case === "stdout");
      t.equal(output.messages[0]?.frame?.$case, "opened", "first frame", "order");
      await output.close();
    },
  }),
  check("ATTACH-02", "detach", {
    title: "The container runs on when the client leaves",
    needs: ["attach"],
    run: async (t) => {
      const pod = await t.runningPod(TICK);
      const before = await pod.container();
      const { output } = openAttach(t, { uid: pod.uid });
      await output.find("first-frame", "opened", ({ frame }) => frame?.$case === "opened");
      await output.close();
      await t.pause(t.world.limits.quietMs);
      const after = await pod.container();
      t.equal(after.state?.$case, "running", "state after detaching", "changed");
      t.equal(after.containerId, before.containerId, "container_id", "changed");
    },
  }),
  check("ATTACH-03", "exit", {
    title: "exit comes last when the process ends, then OK",
    needs: ["attach", "feature:termination_grace"],
    run: async (t) => {
      const pod = await t.runningPod({
        containers: [{ behaviour: "trap-term", params: { code: 6 } }],
        features: ["termination_grace"],
      });
      const { output } = openAttach(t, { uid: pod.uid });
      await output.find("first-frame", "opened", ({ frame }) => frame?.$case === "opened");
      await pod.stop(20);
      t.equal((await output.ended("stream", "the session ends")).status, "OK", "status", "wrong-status");
      const { frames, code } = resultOf(output.messages);
      t.equal(frames.at(-1), "exit", "last frame", "order");
      t.equal(code, 6, "exit code");
    },
  }),
  check("ATTACH-04", "from-now-on", {
    title: "Earlier output is not sent again",
    needs: ["attach", "logs"],
    run: async (t) => {
      const { uid } = await t.runningPod(TICK);
      const early = await t.eventually("stream", "five lines", async () => {
        const lines = linesOf(await readLog(t, { uid }));
        return lines.length >= 5 ? lines : undefined;
      });
      const { output } = openAttach(t, { uid });
      await output.find("stream", "some output", ({ frame }) => frame?.$case === "stdout");
      const lines = linesOf(resultOf(output.messages).stdout.toString("utf8"));
      t.verify(!lines.includes(early[0] ?? ""), "repeated", "the first line of the log came again");
      await output.close();
    },
  }),
  check("ATTACH-05", "stdin", {
    title: "Input reaches the first process",
    needs: ["attach.stdin"],
    run: async (t) => {
      const { uid } = await t.runningPod({ containers: [{ behaviour: "stdin-echo" }] });
      const { input, output } = openAttach(t, { uid, stdin: true });
      await output.find("first-frame", "opened", ({ frame }) => frame?.$case === "opened");
      input.send({ frame: { $case: "stdin", value: Buffer.from("hello there\n") } });
      await t.eventually("stream", "the input comes back", async () =>
        resultOf(output.messages).stdout.toString("utf8").includes("hello there") ? true : undefined,
      );
      await output.close();
    },
  }),
  check("ATTACH-06", "unknown-pod", {
    title: "Attach to an unknown pod is refused",
    needs: ["attach"],
    run: async (t) => {
      const { uid } = await t.runningPod(TICK);
      await t.refused(
        () => attached(t, { uid: "no-such-pod" }),
        () => attached(t, { uid }),
      );
    },
  }),
  check("ATTACH-07", "unknown-container", {
    title: "Attach to an unknown container is refused",
    needs: ["attach"],
    run: async (t) => {
      const { uid } = await t.runningPod(TICK);
      await t.refused(
        () => attached(t, { uid, container: "no-such" }),
        () => attached(t, { uid }),
      );
    },
  }),
  check("ATTACH-08", "ended", {
    title: "Attach to an ended container is refused",
    needs: ["attach"],
    run: async (t) => {
      const [pod, other] = [await t.pod(EXIT), await t.runningPod(TICK)];
      await pod.ended();
      await t.refused(
        () => attached(t, { uid: pod.uid }),
        () => attached(t, { uid: other.uid }),
      );
    },
  }),
  check("ATTACH-09", "no-start", {
    title: "Input before start is refused",
    needs: ["attach"],
    run: async (t) => {
      const { uid } = await t.runningPod(TICK);
      await t.refused(
        async () => {
          const input = new Sending<AttachRequest>().send({ frame: { $case: "stdinEnd", value: {} } });
          const output = new Reading(t, (signal) => t.calls.interaction.attach(input, t.streamOptions(signal)));
          const end = await output.ended("first-frame", "the refusal");
          if (end.status !== "OK") throw end.error;
        },
        () => attached(t, { uid }),
      );
    },
  }),
  check("ATTACH-10", "two-sessions", {
    title: "Two sessions both get the output",
    needs: ["attach"],
    run: async (t) => {
      const { uid } = await t.runningPod(TICK);
      const sessions = [openAttach(t, { uid }), openAttach(t, { uid })];
      for (const { output } of sessions)
        await output.find("stream", "some output", ({ frame }) => frame?.$case === "stdout");
      for (const { output } of sessions) await output.close();
    },
  }),
];

async function attached(t: Trial, start: Parameters<typeof openAttach>[1]): Promise<void> {
  const { output } = openAttach(t, start);
  await firstOrEnd(t, output);
}
