/** Mutants of the watch and of figures. */
import { Code, StatusError } from "@outboard/contract";
import { type Mutant, mutant } from "./mutant.js";
import { answers, map, type Message, pretend, requests, type Rule } from "./rule.js";
import { hangs, nth, tail } from "./stream-rules.js";

const TICK_MS = 700;

export const WATCH_MUTANTS: readonly Mutant[] = [
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
  mutant("EVENT-01", "order", "numbers every event 1", () => podEvents({ seq: 1n }), "WATCH-06/pushed"),
  mutant("EVENT-02", "wrong-value", "events have no reason", () => podEvents({ reason: "" }), "WATCH-06/pushed"),
  mutant("EVENT-04", "unexpected", "sends events in lists", () =>
    answers("watchPods", (each) => (each.event?.$case === "snapshotEnd" ? [each, eventOf(9n, "Started")] : each)),
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

function podEvents(change: object): Rule {
  return answers("watchPods", (each) =>
    each.event?.$case === "podEvent"
      ? { event: { $case: "podEvent", value: { ...each.event.value, ...change } } }
      : each,
  );
}

function eventOf(seq: bigint, reason: string): Message {
  return {
    event: {
      $case: "podEvent",
      value: { uid: "a-pod", seq, time: new Date(), type: 1, reason, container: "", message: "", count: 1 },
    },
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
