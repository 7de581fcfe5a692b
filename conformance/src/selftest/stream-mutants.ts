/** Mutants of the watch, of logs, exec, attach, port-forward and figures. */
import { Code, StatusError } from "@outboard/contract";
import { type Mutant, mutant } from "./mutant.js";
import { aborted, answers, hangInsteadOf, map, type Message, pretend, requests, type Rule, swallow } from "./rule.js";

const OPENED = { frame: { $case: "opened", value: {} } };
const EXIT_0 = { frame: { $case: "exit", value: { result: { $case: "code", value: 0 } } } };
const CHUNK = (data: Buffer) => ({
  frame: { $case: "chunk", value: { stream: 1, data, partial: false, cursor: new Uint8Array() } },
});
const LARGE = Buffer.alloc(40_000, "x");

export const STREAM_MUTANTS: readonly Mutant[] = [
  mutant("WATCH-01", "order", "begins without snapshot_begin", () =>
    watched((event) => event?.$case !== "snapshotBegin"),
  ),
  mutant("WATCH-02", "wrong-value", "never calls a snapshot complete", () =>
    answers("watchPods", (each) =>
      each.event?.$case === "snapshotEnd" ? { event: { $case: "snapshotEnd", value: { complete: false } } } : each,
    ),
  ),
  mutant("WATCH-03", "missing", "leaves ended pods out of the snapshot", () =>
    watched((event) => !(event?.$case === "observation" && event.value.stage === 5)),
  ),
  mutant("WATCH-04", "late", "leaves the list open", () => tail("watchPods", hangs)),
  mutant(
    "WATCH-05",
    "early",
    "sends events inside the snapshot",
    () =>
      answers("watchPods", (each) => (each.event?.$case === "snapshotBegin" ? [each, eventOf(1n, "Started")] : each)),
    "WATCH-04/list-ends",
  ),
  mutant("WATCH-06", "late", "sends nothing after the snapshot", () => liveOnly(() => false)),
  mutant("WATCH-07", "late", "does not tell of a release", () => watched((event) => event?.$case !== "podForgotten")),
  mutant("WATCH-08", "unexpected", "forgets ended pods by itself", forgetsByItself),
  mutant("WATCH-09", "late", "sends no heartbeat", () => watched((event) => event?.$case !== "heartbeat")),
  mutant("WATCH-10", "unexpected", "ends an idle stream", endsAfterHeartbeat),
  mutant("WATCH-11", "late", "serves the first of two streams only", secondIsDeaf),
  mutant("WATCH-14", "missing", "skips the end before a restart", () =>
    watched(
      (event) =>
        !(
          event?.$case === "observation" &&
          event.value.containers.some(
            (each: Message) => each.state?.$case === "terminated" && each.restartCount === 0 && each.willRestart,
          )
        ),
    ),
  ),
  mutant(
    "WATCH-15",
    "order",
    "sends an observation twice",
    () => answers("watchPods", (each) => (each.event?.$case === "observation" ? [each, each] : each)),
    "WATCH-06/pushed",
  ),
  mutant(
    "WATCH-16",
    "missing",
    "forgets a pod without its end",
    () => watched((event) => !(event?.$case === "observation" && event.value.stage === 5)),
    "WATCH-07/forgotten",
  ),
  mutant("WATCH-17", "missing", "gives an empty snapshot to a second stream", () =>
    nth("watchPods", 2, (output) => map(output, (each) => (each.event?.$case === "observation" ? undefined : each))),
  ),
  mutant("WATCH-18", "missing", "refuses streams after the fiftieth", refusesAfterFifty),
  mutant("WATCH-22", "unexpected", "publishes for the time of the look alone", noisy),
  mutant(
    "EVENT-01",
    "order",
    "numbers every event 1",
    () =>
      answers("watchPods", (each) =>
        each.event?.$case === "podEvent"
          ? { event: { $case: "podEvent", value: { ...each.event.value, seq: 1n } } }
          : each,
      ),
    "WATCH-06/pushed",
  ),
  mutant(
    "EVENT-02",
    "wrong-value",
    "events have no reason",
    () =>
      answers("watchPods", (each) =>
        each.event?.$case === "podEvent"
          ? { event: { $case: "podEvent", value: { ...each.event.value, reason: "" } } }
          : each,
      ),
    "WATCH-06/pushed",
  ),
  mutant("EVENT-04", "unexpected", "sends events in lists", () =>
    answers("watchPods", (each) => (each.event?.$case === "snapshotEnd" ? [each, eventOf(9n, "Started")] : each)),
  ),
  mutant("LOGS-01", "wrong-value", "rewrites letters", () =>
    chunks(({ data }) => ({ data: Buffer.from(Buffer.from(data).toString("latin1").replaceAll("n", "N"), "latin1") })),
  ),
  mutant("LOGS-02", "repeated", "says opened twice", () =>
    answers("logs", (each) => (each.frame?.$case === "opened" ? [each, each] : each)),
  ),
  mutant("LOGS-03", "missing", "has no log of an ended container", () => dropsChunk(() => true)),
  mutant("LOGS-04", "accepted", "gives an empty log of an unknown pod", () => swallow("logs", "POD", [OPENED])),
  mutant("LOGS-05", "accepted", "gives an empty log of an unknown container", () =>
    swallow("logs", "CONTAINER", [OPENED]),
  ),
  mutant("LOGS-06", "accepted", "gives an empty log of what never started", () =>
    swallow("logs", "NOT_RUNNING", [OPENED]),
  ),
  mutant(
    "LOGS-07",
    "wrong-value",
    "sends chunks of 40,000 bytes",
    () => answers("logs", (each) => (each.frame?.$case === "chunk" ? CHUNK(LARGE) : each)),
    "LOGS-02/frames",
  ),
  mutant("LOGS-08", "early", "ends a follower at the end of the file", () => logs(() => ({ follow: false }))),
  mutant("LOGS-09", "missing", "begins a follower with new lines", () =>
    logs(({ follow }) => (follow ? { tailLines: 0n } : {})),
  ),
  mutant("LOGS-10", "late", "never ends a follower", () => tail("logs", hangs)),
  mutant("LOGS-11", "wrong-value", "gives the latest log for the previous one", () =>
    logs(() => ({ previous: false })),
  ),
  mutant("LOGS-12", "accepted", "gives the latest log where there is no previous one", () =>
    logs(() => ({ previous: false })),
  ),
  mutant("LOGS-13", "missing", "chunks have no time", () => chunks(() => ({ timeUnixNano: undefined }))),
  mutant("LOGS-14", "wrong-value", "ignores since_time", () => logs(() => ({ sinceTime: undefined }))),
  mutant("LOGS-15", "wrong-value", "gives one line more", () =>
    logs(({ tailLines }) => (tailLines === undefined ? {} : { tailLines: tailLines + 1n })),
  ),
  mutant("LOGS-15", "wrong-value", "takes tail 0 for unset", () =>
    logs(({ tailLines }) => (tailLines === 0n ? { tailLines: undefined } : {})),
  ),
  mutant("LOGS-16", "wrong-value", "gives one byte more", () =>
    logs(({ limitBytes }) => (limitBytes === undefined ? {} : { limitBytes: limitBytes + 1n })),
  ),
  mutant("LOGS-17", "wrong-value", "begins again from the start", () => logs(() => ({ cursor: new Uint8Array() }))),
  mutant("LOGS-18", "accepted", "takes any cursor", () => swallow("logs", "BAD_REQUEST", [OPENED])),
  mutant("LOGS-19", "wrong-value", "declares cursors and sends none", () =>
    chunks(() => ({ cursor: new Uint8Array() })),
  ),
  mutant("LOGS-20", "wrong-value", "takes standard output for standard error", () => chunks(() => ({ stream: 2 }))),
  mutant("LOGS-21", "late", "says opened with the first line", () =>
    answers("logs", (each) => (each.frame?.$case === "opened" ? undefined : each)),
  ),
  mutant("LOGS-23", "wrong-value", "ignores the tail where there is a limit", () =>
    logs(({ limitBytes }) => (limitBytes === undefined ? {} : { tailLines: undefined })),
  ),
  mutant("EXEC-01", "wrong-value", "turns every failure into 1", () => exits((code) => (code === 0 ? 0 : 1))),
  mutant("EXEC-01", "wrong-value", "always says 0", () => exits(() => 0)),
  mutant("EXEC-02", "repeated", "says opened twice", () =>
    answers("exec", (each) => (each.frame?.$case === "opened" ? [each, each] : each)),
  ),
  mutant("EXEC-03", "missing", "loses a chunk of a large output", () => losesLargeChunk()),
  mutant("EXEC-04", "wrong-value", "sends standard error as standard output", () =>
    answers("exec", (each) =>
      each.frame?.$case === "stderr" ? { frame: { $case: "stdout", value: each.frame.value } } : each,
    ),
  ),
  mutant("EXEC-05", "late", "does not pass on the end of input", () =>
    requests("exec", (each) => (each.frame?.$case === "stdinEnd" ? undefined : each)),
  ),
  mutant("EXEC-05", "wrong-value", "takes input for text", () =>
    requests("exec", (each) =>
      each.frame?.$case === "stdin"
        ? { frame: { $case: "stdin", value: Buffer.from(Buffer.from(each.frame.value).toString("utf8")) } }
        : each,
    ),
  ),
  mutant("EXEC-06", "late", "ignores the size at the start", () => starts("exec", () => ({ size: undefined }))),
  mutant("EXEC-07", "late", "ignores resizes", () =>
    requests("exec", (each) => (each.frame?.$case === "resize" ? undefined : each)),
  ),
  mutant("EXEC-08", "wrong-value", "drops empty arguments", () =>
    starts("exec", ({ command }) => ({ command: command.filter((part: string) => part !== "") })),
  ),
  mutant("EXEC-09", "wrong-value", "says 0 for a command that does not exist", () =>
    answers("exec", (each) => (each.frame?.$case === "exit" ? EXIT_0 : each)),
  ),
  mutant("EXEC-11", "late", "waits for a start that never comes", () => hangInsteadOf("exec")),
  mutant("EXEC-12", "accepted", "takes an empty command", () => swallow("exec", "BAD_REQUEST", [OPENED, EXIT_0])),
  mutant("EXEC-13", "accepted", "says 0 for an unknown pod", () => swallow("exec", "POD", [OPENED, EXIT_0])),
  mutant("EXEC-14", "accepted", "says 0 for an unknown container", () =>
    swallow("exec", "CONTAINER", [OPENED, EXIT_0]),
  ),
  mutant("EXEC-15", "accepted", "says 0 for an ended container", () =>
    swallow("exec", "NOT_RUNNING", [OPENED, EXIT_0]),
  ),
  mutant("EXEC-17", "unexpected", "sends streams that were not asked for", () =>
    starts("exec", () => ({ stdout: true, stderr: true })),
  ),
  mutant(
    "EXEC-18",
    "wrong-value",
    "sends chunks of 40,000 bytes",
    () =>
      answers("exec", (each) => (each.frame?.$case === "stdout" ? { frame: { $case: "stdout", value: LARGE } } : each)),
    "EXEC-02/frames",
  ),
  mutant("EXEC-19", "missing", "loses what comes late in a large echo", () => losesLargeChunk()),
  mutant("EXEC-20", "wrong-value", "takes the first container", () => starts("exec", () => ({ container: "main" }))),
  mutant("ATTACH-01", "late", "does not say opened", () =>
    answers("attach", (each) => (each.frame?.$case === "opened" ? undefined : each)),
  ),
  mutant("ATTACH-03", "order", "ends without exit", () =>
    answers("attach", (each) => (each.frame?.$case === "exit" ? undefined : each)),
  ),
  mutant("ATTACH-05", "late", "loses input", () =>
    requests("attach", (each) => (each.frame?.$case === "stdin" ? undefined : each)),
  ),
  mutant("ATTACH-06", "accepted", "attaches to an unknown pod", () => swallow("attach", "POD", [OPENED, EXIT_0])),
  mutant("ATTACH-07", "accepted", "attaches to an unknown container", () =>
    swallow("attach", "CONTAINER", [OPENED, EXIT_0]),
  ),
  mutant("ATTACH-08", "accepted", "attaches to an ended container", () =>
    swallow("attach", "NOT_RUNNING", [OPENED, EXIT_0]),
  ),
  mutant("ATTACH-09", "late", "waits for a start that never comes", () => hangInsteadOf("attach")),
  mutant("ATTACH-10", "late", "serves the first of two sessions only", () =>
    nth("attach", 2, (output) => map(output, (each) => (each.frame?.$case === "stdout" ? undefined : each))),
  ),
  mutant("PF-01", "missing", "loses a chunk", () => losesNth("portForward", "data", 3)),
  mutant("PF-02", "missing", "does not pass on the pod's half_close", () =>
    answers("portForward", (each) => (each.frame?.$case === "halfClose" ? undefined : each)),
  ),
  mutant("PF-03", "missing", "does not say that a connection failed", () =>
    answers("portForward", (each) => (each.frame?.$case === "failed" ? undefined : each)),
  ),
  mutant("PF-06", "accepted", "takes any port for 80", () =>
    starts("portForward", ({ port }) => ({ port: port < 1 || port > 65_535 ? 80 : port })),
  ),
  mutant("PF-07", "accepted", "connects to an unknown pod", () => swallow("portForward", "POD", [OPENED])),
  mutant("PF-08", "accepted", "connects to an ended pod", () => swallow("portForward", "NOT_RUNNING", [OPENED])),
  mutant(
    "PF-09",
    "wrong-value",
    "sends chunks of 40,000 bytes",
    () =>
      answers("portForward", (each) =>
        each.frame?.$case === "data" ? { frame: { $case: "data", value: LARGE } } : each,
      ),
    "PF-10/early-data",
  ),
  mutant("PF-10", "missing", "drops what was sent with the start", () =>
    requests("portForward", (each) => (each.frame?.$case === "data" ? undefined : each)),
  ),
  mutant("STATS-01", "missing", "leaves containers out", () => podStats(() => ({ containers: [] }))),
  mutant("STATS-02", "order", "counters fall", () => fallingCounters()),
  mutant("STATS-03", "late", "figures are a minute old", () =>
    podStats(({ containers }) => ({
      containers: containers.map((each: Message) => ({
        ...each,
        memory: { ...each.memory, time: new Date(Date.now() - 60_000) },
      })),
    })),
  ),
  mutant("STATS-04", "repeated", "sends each pod twice", () => answers("getStats", (each) => [each, each])),
  mutant("STATS-05", "wrong-value", "the working set is above usage", () =>
    podStats(({ containers }) => ({
      containers: containers.map((each: Message) => ({
        ...each,
        memory: { ...each.memory, time: new Date(), usageBytes: 1n, workingSetBytes: 2n },
      })),
    })),
  ),
  mutant("STATS-06", "unexpected", "sends everything always", () =>
    podStats(() => ({ network: { time: new Date(), interfaces: [] } })),
  ),
  mutant("EXEC-10", "missing", "never lets go of a command", () => usedUp("exec")),
  mutant("LOGS-22", "missing", "never lets go of a reader", () => usedUp("logs")),
  mutant("UPDATE-08", "accepted", "takes the kinds that it knows", () =>
    pretend("updatePod", ({ changes }) => changes.length > 1, {}),
  ),
  mutant("INPUT-02", "wrong-value", "fills slots with an address of its own", () =>
    requests("createPod", withWrongAddresses),
  ),
];

function watched(keep: (event: Message) => boolean): Rule {
  return answers("watchPods", (each) => (keep(each.event) ? each : undefined));
}

function eventOf(seq: bigint, reason: string): Message {
  return {
    event: {
      $case: "podEvent",
      value: { uid: "a-pod", seq, time: new Date(), type: 1, reason, container: "", message: "", count: 1 },
    },
  };
}

type Tail = (signal: AbortSignal) => Promise<void>;

const hangs: Tail = async (signal) => await aborted(signal);

/** Does something after the last answer. */
function tail(method: string, last: Tail): Rule {
  return async function* (input, passing) {
    yield* passing.next(input);
    if (passing.method === method) await last(passing.signal);
  };
}

function liveOnly(keep: () => boolean): Rule {
  return (input, passing) => {
    if (passing.method !== "watchPods") return passing.next(input);
    let isLive = false;
    return map(passing.next(input), (each) => {
      const isKept = !isLive || each.event?.$case === "heartbeat" || keep();
      isLive ||= each.event?.$case === "snapshotEnd";
      return isKept ? each : undefined;
    });
  };
}

function endsAfterHeartbeat(): Rule {
  return async function* (input, passing) {
    for await (const each of passing.next(input)) {
      yield each;
      if (passing.method === "watchPods" && each.event?.$case === "heartbeat") return;
    }
  };
}

/** Changes the output of each n-th call of a method. */
function nth(method: string, n: number, change: (output: AsyncIterable<Message>) => AsyncIterable<Message>): Rule {
  let count = 0;
  return (input, passing) => {
    const output = passing.next(input);
    if (passing.method !== method) return output;
    count += 1;
    return count % n === 0 ? change(output) : output;
  };
}

function secondIsDeaf(): Rule {
  const deaf = liveOnly(() => false);
  let count = 0;
  return (input, passing) => {
    if (passing.method === "watchPods") count += 1;
    return count % 2 === 0 ? deaf(input, passing) : passing.next(input);
  };
}

function refusesAfterFifty(): Rule {
  let count = 0;
  return (input, passing) => {
    if (passing.method === "watchPods") count += 1;
    if (count > 50 && passing.method === "watchPods")
      throw new StatusError(Code.RESOURCE_EXHAUSTED, "too many", { reason: "OUT_OF_CAPACITY" });
    return passing.next(input);
  };
}

/** Tells of a release when a pod has ended in the live part. */
function forgetsByItself(): Rule {
  return (input, passing) => {
    if (passing.method !== "watchPods") return passing.next(input);
    let isLive = false;
    return map(passing.next(input), (each) => {
      isLive ||= each.event?.$case === "snapshotEnd";
      const hasEnded = isLive && each.event?.$case === "observation" && each.event.value.stage === 5;
      if (!hasEnded) return each as unknown;
      return [each, { event: { $case: "podForgotten", value: { uid: each.event.value.uid } } }];
    });
  };
}

/** Repeats the last observation of every pod with a higher revision. */
function noisy(): Rule {
  return async function* (input, passing) {
    const pods = new Map<string, Message>();
    for await (const each of passing.method === "watchPods" ? withTicks(passing.next(input)) : passing.next(input)) {
      if (each === undefined) {
        for (const [uid, pod] of pods) {
          const next = { ...pod, revision: pod.revision + 1n, observedAt: new Date() };
          pods.set(uid, next);
          yield { event: { $case: "observation", value: next } };
        }
        continue;
      }
      if (each.event?.$case === "observation") pods.set(each.event.value.uid, each.event.value);
      yield each;
    }
  };
}

const TICK_MS = 700;

/** The messages, and undefined in between. */
async function* withTicks(source: AsyncIterable<Message>): AsyncGenerator<Message> {
  const iterator = source[Symbol.asyncIterator]();
  let pending = iterator.next();
  for (;;) {
    const tick = Promise.withResolvers<"tick">();
    const timer = setTimeout(() => tick.resolve("tick"), TICK_MS);
    const first = await Promise.race([pending, tick.promise]);
    clearTimeout(timer);
    if (first === "tick") yield undefined;
    else if (first.done === true) return;
    else {
      yield first.value;
      pending = iterator.next();
    }
  }
}

function logs(change: (request: Message) => object): Rule {
  return requests("logs", (each) => ({ ...each, ...change(each) }));
}

function chunks(change: (chunk: Message) => object): Rule {
  return answers("logs", (each) =>
    each.frame?.$case === "chunk"
      ? { frame: { $case: "chunk", value: { ...each.frame.value, ...change(each.frame.value) } } }
      : each,
  );
}

function dropsChunk(isDropped: (count: number) => boolean): Rule {
  let count = 0;
  return answers("logs", (each) => (each.frame?.$case === "chunk" && isDropped((count += 1)) ? undefined : each));
}

function exits(change: (code: number) => number): Rule {
  return answers("exec", (each) => {
    const result = each.frame?.$case === "exit" ? each.frame.value.result : undefined;
    if (result?.$case !== "code") return each;
    return { frame: { $case: "exit", value: { result: { $case: "code", value: change(result.value) } } } };
  });
}

/** Changes the first frame of a session. */
export function starts(method: string, change: (start: Message) => object): Rule {
  return requests(method, (each) =>
    each.frame?.$case === "start"
      ? { frame: { $case: "start", value: { ...each.frame.value, ...change(each.frame.value) } } }
      : each,
  );
}

/** Loses the fourth chunk of every call. */
function losesLargeChunk(): Rule {
  return losesNth("exec", "stdout", 4);
}

function losesNth(method: string, kind: string, n: number): Rule {
  return (input, passing) => {
    if (passing.method !== method) return passing.next(input);
    let count = 0;
    return map(passing.next(input), (each) => (each.frame?.$case === kind && (count += 1) === n ? undefined : each));
  };
}

function podStats(change: (stats: Message) => object): Rule {
  return answers("getStats", (each) =>
    each.stats?.$case === "pod"
      ? { stats: { $case: "pod", value: { ...each.stats.value, ...change(each.stats.value) } } }
      : each,
  );
}

function fallingCounters(): Rule {
  let counter = 1_000_000n;
  return podStats(({ containers }) => ({
    containers: containers.map((each: Message) => ({
      ...each,
      cpu: { ...each.cpu, time: new Date(), usageCoreNanoSeconds: (counter -= 10n) },
    })),
  }));
}

/** As a provider with 64 streams that keeps each for ever. */
function usedUp(method: string): Rule {
  let count = 0;
  return (input, passing) => {
    if (passing.method === method) count += 1;
    if (passing.method !== method || count <= 64) return passing.next(input);
    throw new StatusError(Code.RESOURCE_EXHAUSTED, "no stream is left");
  };
}

function withWrongAddresses(request: Message): Message {
  const wrong = { part: { $case: "literal", value: Buffer.from("192.0.2.1") } };
  const change = (each: Message): Message => (each.part?.$case === "address" ? wrong : each);
  const containers = request.inputs?.containers.map((container: Message) => ({
    ...container,
    env: container.env.map((one: Message) => ({
      ...one,
      value: { ...one.value, parts: one.value?.parts.map(change) },
    })),
  }));
  return request.inputs === undefined ? request : { ...request, inputs: { ...request.inputs, containers } };
}
