/** Checks of logs. */
import { type LogsResponse, OutputStream } from "@outboard/contract";
import { check, type Check } from "../suite/check.js";
import { linesOf, logBytes, logLines, logText, openLog, readLog } from "../suite/interactions.js";
import { fill } from "../suite/kit.js";
import type { PodHandle } from "../suite/pod-handle.js";
import type { Trial } from "../suite/trial.js";

const LINES = 20;
const MILLISECOND = 1_000_000n;
const PRINT = { containers: [{ behaviour: "print", params: { lines: LINES } }] } as const;
const PRINT_EXIT = { containers: [{ behaviour: "print-exit", params: { lines: LINES, ms: 300, code: 0 } }] } as const;
const TICK = { containers: [{ behaviour: "tick", params: { ms: 100 } }] } as const;
const SILENT = { containers: [{ behaviour: "silent" }] } as const;
const UNIQUE = {
  containers: [{ behaviour: "unique-line", params: { ms: 2_000 } }],
  restartPolicy: "Always",
  features: ["restart_policy.always"],
} as const;

export const LOGS_CHECKS: readonly Check[] = [
  check("LOGS-01", "every-byte", {
    title: "All lines of a container come, in order",
    needs: ["logs"],
    run: async (t) => {
      const pod = await printed(t);
      t.equal(await readLog(t, { uid: pod.uid }), expected(t, 1, LINES), "log");
    },
  }),
  check("LOGS-01", "every-value", {
    title: "Bytes of every value come as they are, and a last line without an end comes too",
    needs: ["logs", "command:shell"],
    run: async (t) => {
      const values = Array.from({ length: 256 }, (_, value) => value).filter((value) => value !== 10);
      const octal = values.map((value) => `\\${value.toString(8).padStart(3, "0")}`).join("");
      const script = `printf '${octal}\\nlast'`;
      const pod = await t.pod({ containers: [{ behaviour: "shell", params: { script } }] });
      await pod.ended();
      const log = openLog(t, { uid: pod.uid });
      t.equal((await log.ended("stream", "the log ends")).status, "OK", "status", "wrong-status");
      const bytes = Buffer.concat([Buffer.from(values), Buffer.from("\nlast")]).toString("hex");
      const seen = logBytes(log.messages).toString("hex");
      t.verify([bytes, `${bytes}0a`].includes(seen), "wrong-value", `the log is ${seen}, must be ${bytes}`);
    },
  }),
  check("LOGS-01", "both-streams", {
    title: "Standard error is in the log too",
    needs: ["logs", "command:shell"],
    run: async (t) => {
      const script = "echo to the one; sleep 0.2; echo to the other >&2";
      const pod = await t.pod({ containers: [{ behaviour: "shell", params: { script } }] });
      await pod.ended();
      t.equal(linesOf(await readLog(t, { uid: pod.uid })), ["to the one", "to the other"], "lines of the log");
    },
  }),
  check("LOGS-02", "frames", {
    title: "opened comes first and once, then chunks, then OK",
    needs: ["logs"],
    run: async (t) => {
      const pod = await printed(t);
      const log = openLog(t, { uid: pod.uid });
      t.equal((await log.ended("stream", "the log ends")).status, "OK", "status", "wrong-status");
      const kinds = log.messages.map(({ frame }) => frame?.$case);
      t.equal(kinds[0], "opened", "first frame", "order");
      t.equal(kinds.filter((kind) => kind === "opened").length, 1, "number of opened", "repeated");
    },
  }),
  check("LOGS-03", "after-the-end", {
    title: "The log of an ended container is readable",
    needs: ["logs"],
    run: async (t) => {
      const pod = await t.pod(PRINT_EXIT);
      await pod.ended();
      const text = await readLog(t, { uid: pod.uid });
      t.verify(text !== "", "missing", "the log of the ended container is empty");
      t.equal(text, expected(t, 1, LINES), "log");
    },
  }),
  check("LOGS-04", "unknown-pod", {
    title: "The log of an unknown pod is refused",
    needs: ["logs"],
    run: async (t) => {
      const pod = await printed(t);
      await t.refused(
        () => readLog(t, { uid: "no-such-pod" }),
        () => readLog(t, { uid: pod.uid }),
      );
    },
  }),
  check("LOGS-05", "unknown-container", {
    title: "The log of an unknown container is refused",
    needs: ["logs"],
    run: async (t) => {
      const pod = await printed(t);
      await t.refused(
        () => readLog(t, { uid: pod.uid, container: "no-such" }),
        () => readLog(t, { uid: pod.uid }),
      );
    },
  }),
  check("LOGS-06", "not-started", {
    title: "The log of a container that never started is refused",
    needs: ["logs"],
    run: async (t) => {
      const pod = await t.pod({ containers: [{ behaviour: "bad-image" }] });
      const { uid } = await t.runningPod();
      await t.refused(
        () => readLog(t, { uid: pod.uid }, "first-frame"),
        () => readLog(t, { uid }, "first-frame"),
      );
    },
  }),
  check("LOGS-08", "later-lines", {
    title: "A follower gets lines that are written later",
    needs: ["logs.follow"],
    run: async (t) => {
      const pod = await t.runningPod(TICK);
      const log = openLog(t, { uid: pod.uid, follow: true });
      await t.eventually("stream", "five lines", async () => {
        t.verify(log.end === undefined, "early", "the stream ended while the container runs");
        return linesOf(logText(log.messages)).length >= 5 ? true : undefined;
      });
      await log.close();
    },
  }),
  check("LOGS-09", "backlog-first", {
    title: "A follower gets what was written before first, without a gap",
    needs: ["logs.follow"],
    run: async (t) => {
      const pod = await t.runningPod(TICK);
      await t.eventually("stream", "three lines", async () =>
        linesOf(await readLog(t, { uid: pod.uid })).length >= 3 ? true : undefined,
      );
      const log = openLog(t, { uid: pod.uid, follow: true });
      await t.eventually("stream", "six lines", async () =>
        linesOf(logText(log.messages)).length >= 6 ? true : undefined,
      );
      await log.close();
      const lines = linesOf(logText(log.messages));
      t.equal(lines.slice(0, 6), linesOf(expected(t, 1, 6, "tick")), "first lines", "missing");
    },
  }),
  check("LOGS-10", "ends", {
    title: "A follower's stream ends with OK when the container has ended",
    needs: ["logs.follow"],
    run: async (t) => {
      const pod = await t.pod(PRINT_EXIT);
      await pod.running().catch(() => {}); // it may have ended already
      const log = openLog(t, { uid: pod.uid, follow: true });
      t.equal((await log.ended("stream", "the follower's stream ends")).status, "OK", "status", "wrong-status");
      t.equal(logText(log.messages), expected(t, 1, LINES), "log", "missing");
    },
  }),
  check("LOGS-11", "previous", {
    title: "previous gives the log of the instance before",
    needs: ["logs.previous", "feature:restart_policy.always"],
    run: async (t) => {
      const pod = await t.pod(UNIQUE);
      const { latest, previous } = await t.eventually("start", "two logs while one instance runs", async () => {
        const count = await restartsOfRunning(pod);
        if (count === undefined || count < 1) return undefined;
        try {
          const previous = await readLog(t, { uid: pod.uid, previous: true });
          const latest = await readLog(t, { uid: pod.uid });
          return (await restartsOfRunning(pod)) === count && latest !== "" ? { latest, previous } : undefined;
        } catch (error) {
          if ((await restartsOfRunning(pod)) === count) throw error;
          return undefined; // its end takes the log of the one before away
        }
      });
      t.equal(linesOf(previous).length, 1, "lines of the previous log");
      t.verify(previous !== latest, "wrong-value", "previous gave the log of the latest instance");
    },
  }),
  check("LOGS-12", "no-previous", {
    title: "previous without an earlier instance is refused",
    needs: ["logs.previous"],
    run: async (t) => {
      const pod = await printed(t);
      await t.refused(
        () => readLog(t, { uid: pod.uid, previous: true }),
        () => readLog(t, { uid: pod.uid }),
      );
    },
  }),
  check("LOGS-13", "time", {
    title: "Chunks carry rising times near now",
    needs: ["logs.time"],
    run: async (t) => {
      const pod = await printed(t);
      const times = (await chunks(t, pod)).map(({ timeUnixNano }) => t.present(timeUnixNano, "a chunk has no time"));
      for (const [at, time] of times.entries()) t.verify(time >= (times[at - 1] ?? 0n), "order", "times run backwards");
      const age = Math.abs(Date.now() - Number((times.at(-1) ?? 0n) / 1_000_000n));
      t.verify(age < 300_000, "wrong-value", `the last time is ${Math.round(age / 1000)} s away from now`);
    },
  }),
  check("LOGS-14", "since", {
    title: "since_time leaves out what is earlier",
    needs: ["logs.time"],
    run: async (t) => {
      const pod = await t.runningPod(TICK);
      const { all, since } = await t.eventually("stream", "a line that is later than the first", async () => {
        const all = logLines(await chunks(t, pod));
        const since = (all.at(-1)?.time ?? 0n) / MILLISECOND;
        return all.length >= 4 && (all[0]?.time ?? 0n) < since * MILLISECOND ? { all, since } : undefined;
      });
      const wanted = all.filter(({ time = 0n }) => time >= since * MILLISECOND).map(({ text }) => text);
      const lines = linesOf(await readLog(t, { uid: pod.uid, sinceTime: new Date(Number(since)) }));
      t.equal(lines.slice(0, wanted.length), wanted, "lines from since_time on");
    },
  }),
  check("LOGS-15", "tail", {
    title: "tail_lines 0, 1, 5 and more than all are exact",
    needs: ["logs.tail"],
    run: async (t) => {
      const pod = await printed(t);
      for (const tail of [0, 1, 5, LINES, LINES + 5]) {
        const text = await readLog(t, { uid: pod.uid, tailLines: BigInt(tail) });
        t.equal(text, tail === 0 ? "" : expected(t, Math.max(1, LINES - tail + 1), LINES), `log with tail ${tail}`);
      }
    },
  }),
  check("LOGS-16", "limit", {
    title: "limit_bytes cuts inside a line",
    needs: ["logs.tail"],
    run: async (t) => {
      const pod = await printed(t);
      const all = expected(t, 1, LINES);
      for (const limit of [1, 7, 100]) {
        const text = await readLog(t, { uid: pod.uid, limitBytes: BigInt(limit) });
        t.equal(text, all.slice(0, limit), `log with limit ${limit}`);
      }
    },
  }),
  check("LOGS-17", "resume", {
    title: "A cursor continues right behind its chunk",
    needs: ["logs.resume"],
    run: async (t) => {
      const pod = await t.runningPod(TICK);
      const found = await t.eventually("stream", "three lines", async () => {
        const found = await chunks(t, pod);
        return logLines(found).length >= 3 ? found : undefined;
      });
      for (const at of new Set([0, found.length - 1])) {
        const cursor = found[at]?.cursor ?? new Uint8Array();
        t.verify(cursor.length > 0, "missing", "a chunk has no cursor");
        const rest = await t.eventually("stream", "a line behind the cursor", async () => {
          const rest = await readLog(t, { uid: pod.uid, cursor });
          return rest.includes("\n") ? rest : undefined;
        });
        const whole = logLines(found.slice(0, at + 1), rest).map(({ text }) => text);
        const all = linesOf(await readLog(t, { uid: pod.uid }));
        t.equal(whole, all.slice(0, whole.length), `lines up to chunk ${at} and behind it`);
      }
    },
  }),
  check("LOGS-18", "bad-cursor", {
    title: "A cursor of no log is refused",
    needs: ["logs.resume"],
    run: async (t) => {
      const pod = await printed(t);
      await t.refused(
        () => readLog(t, { uid: pod.uid, cursor: Buffer.from("\u0000no cursor at all") }),
        () => readLog(t, { uid: pod.uid }),
      );
    },
  }),
  check("LOGS-19", "undeclared-fields", {
    title: "Time and cursor are there exactly where they are declared",
    needs: ["logs"],
    run: async (t) => {
      const pod = await printed(t);
      for (const { timeUnixNano, cursor } of await chunks(t, pod)) {
        t.equal(timeUnixNano !== undefined, t.world.declares("logs.time"), "a chunk has a time");
        t.equal(cursor.length > 0, t.world.declares("logs.resume"), "a chunk has a cursor");
      }
    },
  }),
  check("LOGS-20", "stream", {
    title: "Chunks say where they come from",
    needs: ["logs"],
    run: async (t) => {
      const pod = await printed(t);
      const known: readonly number[] = [OutputStream.STDOUT, OutputStream.MERGED];
      for (const { stream } of await chunks(t, pod)) {
        t.verify(known.includes(stream), "wrong-value", `standard output came as stream ${stream}`);
      }
    },
  }),
  check("LOGS-21", "silent", {
    title: "opened comes for a silent container too",
    needs: ["logs.follow"],
    run: async (t) => {
      const pod = await t.runningPod(SILENT);
      const log = openLog(t, { uid: pod.uid, follow: true });
      await log.find("first-frame", "opened", ({ frame }) => frame?.$case === "opened");
      await log.close();
    },
  }),
  check("LOGS-22", "many-followers", {
    title: "A hundred followers in turn are served",
    needs: ["logs.follow"],
    run: async (t) => {
      const pod = await t.runningPod(TICK);
      for (let number = 0; number < 100; number += 1) {
        const log = openLog(t, { uid: pod.uid, follow: true });
        await log.find("first-frame", `opened of follower ${number}`, ({ frame }) => frame?.$case === "opened");
        await log.close();
      }
    },
  }),
  check("LOGS-23", "tail-then-limit", {
    title: "The limit counts from the tail's first byte",
    needs: ["logs.tail"],
    run: async (t) => {
      const pod = await printed(t);
      const whole = expected(t, LINES - 2, LINES);
      const limit = expected(t, LINES - 2, LINES - 2).length + 3;
      const text = await readLog(t, { uid: pod.uid, tailLines: 3n, limitBytes: BigInt(limit) });
      t.equal(text, whole.slice(0, limit), `log with tail 3 and limit ${limit}`);
    },
  }),
];

/** A running pod that has written all its lines. */
async function printed(t: Trial): Promise<PodHandle> {
  const pod = await t.runningPod(PRINT);
  await t.eventually("stream", `${LINES} lines`, async () =>
    linesOf(await readLog(t, { uid: pod.uid })).length >= LINES ? true : undefined,
  );
  return pod;
}

/** Restarts of the container while it runs. */
async function restartsOfRunning(pod: PodHandle): Promise<number | undefined> {
  const { state, restartCount } = await pod.container();
  return state?.$case === "running" ? restartCount : undefined;
}

function expected(t: Trial, from: number, to: number, behaviour: "print" | "tick" = "print"): string {
  const { line } = t.world.kit.container(behaviour, { lines: LINES, container: "main" });
  const all = Array.from({ length: to - from + 1 }, (_, at) => fill(line, { container: "main", n: from + at }));
  return all.map((text) => `${text}\n`).join("");
}

async function chunks(t: Trial, pod: PodHandle) {
  const log = openLog(t, { uid: pod.uid });
  await log.ended("stream", "the log ends");
  return log.messages.flatMap(({ frame }: LogsResponse) => (frame?.$case === "chunk" ? [frame.value] : []));
}
