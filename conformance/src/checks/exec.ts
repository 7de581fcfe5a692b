/** Checks of exec. */
import { randomBytes } from "node:crypto";
import type { ExecRequest } from "@outboard/contract";
import { check, type Check } from "../suite/check.js";
import { openExec, resultOf, runCommand } from "../suite/interactions.js";
import type { Command, Params } from "../suite/kit.js";
import { Reading, Sending } from "../suite/streams.js";
import type { Trial } from "../suite/trial.js";

const TWO = {
  containers: [{ behaviour: "pause" }, { name: "second", behaviour: "pause" }],
  features: ["containers.multiple"],
} as const;

export const EXEC_CHECKS: readonly Check[] = [
  check("EXEC-01", "exit-codes", {
    title: "Exit codes 0, 1, 42 and 255 are exact",
    needs: ["exec"],
    run: async (t) => {
      const { uid } = await t.runningPod();
      for (const code of [0, 1, 42, 255]) {
        t.equal((await runCommand(t, { uid, command: cmd(t, "exit", { code }) })).code, code, "exit code");
      }
    },
  }),
  check("EXEC-02", "frames", {
    title: "opened first, exit last, each once, then OK",
    needs: ["exec"],
    run: async (t) => {
      const { uid } = await t.runningPod();
      const { frames } = await runCommand(t, { uid, command: cmd(t, "echo", { text: "a" }) });
      t.equal(frames[0], "opened", "first frame", "order");
      t.equal(frames.at(-1), "exit", "last frame", "order");
      for (const kind of ["opened", "exit"]) {
        t.equal(frames.filter((frame) => frame === kind).length, 1, `number of ${kind}`, "repeated");
      }
    },
  }),
  check("EXEC-03", "large-output", {
    title: "A megabyte of output comes whole before exit",
    needs: ["exec"],
    run: async (t) => {
      const { uid } = await t.runningPod();
      for (let count = 0; count < 3; count += 1) {
        const { stdout } = await runCommand(t, { uid, command: cmd(t, "bytes", { n: 1_048_576 }) });
        t.equal(stdout.length, 1_048_576, "bytes of output", "missing");
      }
    },
  }),
  check("EXEC-04", "stderr", {
    title: "Standard error comes as stderr",
    needs: ["exec"],
    run: async (t) => {
      const { uid } = await t.runningPod();
      const { stdout, stderr } = await runCommand(t, { uid, command: cmd(t, "stderr", { text: "problem" }) });
      t.equal(stderr.toString("utf8"), "problem\n", "standard error");
      t.equal(stdout.length, 0, "bytes of standard output");
    },
  }),
  check("EXEC-05", "stdin", {
    title: "All 256 byte values go in and come back, and the end too",
    needs: ["exec.stdin"],
    run: async (t) => {
      const { uid } = await t.runningPod();
      const bytes = Uint8Array.from({ length: 1_024 }, (_, at) => at % 256);
      const { stdout, code } = await runCommand(t, { uid, command: cmd(t, "cat") }, bytes);
      t.verify(stdout.equals(bytes), "wrong-value", "what came back differs from what was sent");
      t.equal(code, 0, "exit code");
    },
  }),
  check("EXEC-06", "tty", {
    title: "With a terminal the size at the start holds, and nothing comes as stderr",
    needs: ["exec.tty", "exec.stdin"],
    run: async (t) => {
      const { uid } = await t.runningPod();
      const session = openExec(t, {
        uid,
        command: cmd(t, "size"),
        tty: true,
        stdin: true,
        stderr: false,
        size: { width: 101, height: 37 },
      });
      await shows(t, session.output, "101x37");
      t.equal(resultOf(session.output.messages).stderr.length, 0, "bytes of standard error");
      await session.output.close();
    },
  }),
  check("EXEC-07", "resize", {
    title: "Two resizes take effect",
    needs: ["exec.tty", "exec.stdin"],
    run: async (t) => {
      const { uid } = await t.runningPod();
      const session = openExec(t, {
        uid,
        command: cmd(t, "size"),
        tty: true,
        stdin: true,
        stderr: false,
        size: { width: 80, height: 24 },
      });
      await shows(t, session.output, "80x24");
      for (const [width, height] of [
        [90, 30],
        [120, 44],
      ] as const) {
        session.input.send({ frame: { $case: "resize", value: { width, height } } });
        await shows(t, session.output, `${width}x${height}`);
      }
      await session.output.close();
    },
  }),
  check("EXEC-08", "arguments", {
    title: "Arguments are not split, expanded or dropped",
    needs: ["exec"],
    run: async (t) => {
      const { uid } = await t.runningPod();
      const args = ["a  b", "$HOME", ";", "*", "", "'q'", "end"];
      const { stdout } = await runCommand(t, { uid, command: [...cmd(t, "args"), ...args] });
      t.equal(stdout.toString("utf8"), `${args.join(" ")}\n`, "output");
    },
  }),
  check("EXEC-09", "missing-command", {
    title: "A command that does not exist ends with an error, not with 0",
    needs: ["exec"],
    run: async (t) => {
      const { uid } = await t.runningPod();
      const { code, error } = await runCommand(t, { uid, command: cmd(t, "missing") });
      t.verify(error !== undefined || (code !== undefined && code !== 0), "wrong-value", `it ended with code ${code}`);
    },
  }),
  check("EXEC-10", "client-gone", {
    title: "A hundred abandoned commands do not use anything up",
    needs: ["exec"],
    run: async (t) => {
      const { uid } = await t.runningPod();
      for (let count = 0; count < 100; count += 1) {
        const session = openExec(t, { uid, command: cmd(t, "sleep", { seconds: 300 }) });
        await session.output.find(
          "first-frame",
          `opened of command ${count}`,
          ({ frame }) => frame?.$case === "opened",
        );
        await session.output.close();
      }
      t.equal((await runCommand(t, { uid, command: cmd(t, "exit", { code: 0 }) })).code, 0, "exit code afterwards");
    },
  }),
  check("EXEC-10", "command-ends", {
    title: "What an abandoned command did stops",
    needs: ["exec", "command:append"],
    run: async (t) => {
      const { uid } = await t.runningPod();
      const path = "/tmp/outboard-conformance-appended";
      const session = openExec(t, { uid, command: cmd(t, "append", { path }) });
      const written = async () => (await runCommand(t, { uid, command: cmd(t, "cat-file", { path }) })).stdout.length;
      await t.eventually("stream", "the command writes", async () => ((await written()) > 0 ? true : undefined));
      await session.output.close();
      await t.eventually("stream", "the abandoned command stops writing", async () => {
        const before = await written();
        await t.pause(t.world.limits.quietMs);
        return (await written()) === before ? true : undefined;
      });
    },
  }),
  check("EXEC-11", "no-start", {
    title: "Input before start is refused at once",
    needs: ["exec"],
    run: async (t) => {
      const { uid } = await t.runningPod();
      await t.refused(
        () => firstFrame(t, { frame: { $case: "stdinEnd", value: {} } }),
        () => runCommand(t, { uid, command: cmd(t, "echo", { text: "a" }) }),
      );
    },
  }),
  check("EXEC-12", "no-command", {
    title: "A start without command is refused",
    needs: ["exec"],
    run: async (t) => {
      const { uid } = await t.runningPod();
      await t.refused(
        () => runCommand(t, { uid, command: [] }),
        () => runCommand(t, { uid, command: cmd(t, "echo", { text: "a" }) }),
      );
    },
  }),
  check("EXEC-13", "unknown-pod", {
    title: "Exec in an unknown pod is refused",
    needs: ["exec"],
    run: async (t) => {
      const { uid } = await t.runningPod();
      const command = cmd(t, "echo", { text: "a" });
      await t.refused(
        () => runCommand(t, { uid: "no-such-pod", command }),
        () => runCommand(t, { uid, command }),
      );
    },
  }),
  check("EXEC-14", "unknown-container", {
    title: "Exec in an unknown container is refused",
    needs: ["exec"],
    run: async (t) => {
      const { uid } = await t.runningPod();
      const command = cmd(t, "echo", { text: "a" });
      await t.refused(
        () => runCommand(t, { uid, container: "no-such", command }),
        () => runCommand(t, { uid, command }),
      );
    },
  }),
  check("EXEC-15", "ended", {
    title: "Exec in an ended container is refused",
    needs: ["exec"],
    run: async (t) => {
      const pod = await t.pod({ containers: [{ behaviour: "exit", params: { ms: 50, code: 0 } }] });
      const { uid } = await t.runningPod();
      await pod.ended();
      const command = cmd(t, "echo", { text: "a" });
      await t.refused(
        () => runCommand(t, { uid: pod.uid, command }),
        () => runCommand(t, { uid, command }),
      );
    },
  }),
  check("EXEC-16", "side-by-side", {
    title: "Ten sessions at once keep their output apart",
    needs: ["exec"],
    run: async (t) => {
      const { uid } = await t.runningPod();
      const texts = Array.from({ length: 10 }, (_, at) => `session-${at}`);
      const results = await Promise.all(
        texts.map(async (text) => await runCommand(t, { uid, command: cmd(t, "echo", { text }) })),
      );
      t.equal(
        results.map(({ stdout }) => stdout.toString("utf8")),
        texts.map((text) => `${text}\n`),
        "outputs",
      );
    },
  }),
  check("EXEC-17", "only-asked-for", {
    title: "Streams that were not asked for are not sent",
    needs: ["exec"],
    run: async (t) => {
      const { uid } = await t.runningPod();
      const echo = await runCommand(t, { uid, command: cmd(t, "echo", { text: "a" }), stdout: false });
      t.equal(echo.stdout.length, 0, "bytes of standard output", "unexpected");
      const problem = await runCommand(t, { uid, command: cmd(t, "stderr", { text: "a" }), stderr: false });
      t.equal(problem.stderr.length, 0, "bytes of standard error", "unexpected");
    },
  }),
  check("EXEC-19", "full-duplex", {
    title: "Two megabytes go through cat while both sides are busy",
    needs: ["exec.stdin"],
    run: async (t) => {
      const { uid } = await t.runningPod();
      const bytes = randomBytes(2 * 1024 * 1024);
      const { stdout } = await runCommand(t, { uid, command: cmd(t, "cat") }, bytes);
      t.equal(stdout.length, bytes.length, "bytes that came back", "missing");
      t.verify(stdout.equals(bytes), "wrong-value", "what came back differs from what was sent");
    },
  }),
  check("EXEC-20", "named-container", {
    title: "The command runs in the container that was named",
    needs: ["exec", "feature:containers.multiple"],
    run: async (t) => {
      const [first, second] = TWO.containers;
      const env = (value: string) => [
        { name: "WHO", value: { parts: [{ part: { $case: "literal" as const, value: Buffer.from(value) } }] } },
      ];
      const pod = await t.pod({
        ...TWO,
        containers: [
          { ...first, env: env("first") },
          { ...second, env: env("second") },
        ],
      });
      await pod.running("main");
      await pod.running("second");
      for (const [container, who] of [
        ["main", "first"],
        ["second", "second"],
      ] as const) {
        const { stdout } = await runCommand(t, { uid: pod.uid, container, command: cmd(t, "env") });
        t.verify(
          stdout.toString("utf8").split("\n").includes(`WHO=${who}`),
          "wrong-value",
          `the command did not run in ${container}`,
        );
      }
    },
  }),
];

function cmd(t: Trial, name: Command, params?: Params): string[] {
  return [...t.world.kit.command(name, params)];
}

async function shows(t: Trial, output: Reading<Parameters<typeof resultOf>[0][number]>, text: string): Promise<void> {
  await t.eventually("stream", `the terminal shows ${text}`, async () =>
    resultOf(output.messages).stdout.toString("utf8").includes(text) ? true : undefined,
  );
}

/** Sends one frame first and waits for how it ends. */
async function firstFrame(t: Trial, frame: ExecRequest): Promise<void> {
  const input = new Sending<ExecRequest>().send(frame);
  const output = new Reading(t, (signal) => t.calls.interaction.exec(input, t.streamOptions(signal)));
  const end = await output.ended("first-frame", "the refusal");
  if (end.status !== "OK") throw end.error;
}
