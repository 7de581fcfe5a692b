/** Mutants at the edges: first and last messages, last bytes, bytes taken for text, answers to what must be refused. */
import { connect } from "node:net";
import { once } from "node:events";
import { Capability, Code, isStatusError, StatusError } from "@outboard/contract";
import { type Mutant, mutant } from "./mutant.js";
import { starts } from "./interaction-mutants.js";
import { aborted, answers, map, type Message, only, pretend, requests, type Rule } from "./rule.js";

const OPENED = { frame: { $case: "opened", value: {} } };
/** Frames of input after which nothing is read any more. */
const STUCK_FRAMES = 20;
const MILLIONS = 1_000_000n;

export const EDGE_MUTANTS: readonly Mutant[] = [
  mutant("CAP-01", "accepted", "serves port-forward without declaring it", () => without(Capability.PORT_FORWARD)),
  mutant("CAP-01", "late", "hangs where it must say that it has no such call", hangsUndeclared),
  mutant("NODE-10", "missing", "leaves out what it has said before", saysOnce),
  mutant("CREATE-02", "refused", "refuses a create of what it knows", refusesSecondCreate),
  mutant("CREATE-07", "accepted", "takes a manifest that is no pod", () =>
    pretend("createPod", ({ manifest }) => manifest?.json[1] !== 0x22, { backendId: "" }),
  ),
  mutant("UPDATE-03", "unexpected", "makes the pod of an update that it refuses", makesUnknown),
  mutant("WATCH-03", "missing", "leaves the newest pod out of a snapshot", lacksNewest),
  mutant("WATCH-15", "order", "swaps two observations of a pod", swaps, "WATCH-06/pushed"),
  mutant("LOGS-01", "wrong-value", "drops the last line", dropsLastLine, "LOGS-01/every-value"),
  mutant(
    "LOGS-01",
    "wrong-value",
    "takes the log for text",
    () => chunks(({ data }) => Buffer.from(Buffer.from(data).toString("utf8"))),
    "LOGS-01/every-value",
  ),
  mutant(
    "LOGS-01",
    "wrong-value",
    "has no standard error in the log",
    () => chunks(({ data, stream }) => (stream === 2 ? new Uint8Array() : data)),
    "LOGS-01/both-streams",
  ),
  mutant("EXEC-01", "refused", "fails the call for a failed command", failsWithCommand),
  mutant("EXEC-02", "order", "sends exit before the last output", exitFirst),
  mutant("EXEC-08", "wrong-value", "joins arguments and parts them again", () =>
    starts("exec", ({ command }) => ({ command: command.join(" ").split(/\s+/) })),
  ),
  mutant("EXEC-19", "late", "locks up in a large echo", locksUp),
  mutant("ATTACH-01", "late", "attaches to a process of its own", () => drops("attach", "stdout")),
  mutant("ATTACH-03", "late", "stays open when the process has ended", () => stays("attach")),
  mutant("PF-02", "late", "does not pass on the client's half_close", () =>
    requests("portForward", (request) => (request.frame?.$case === "halfClose" ? undefined : request)),
  ),
  mutant("PF-03", "late", "stays open where nobody listens", () => stays("portForward", "failed")),
  mutant("PF-03", "unexpected", "connects to the host's own port", ofTheHost),
  mutant("STATS-09", "late", "counts milliseconds", () => counters((value) => value / MILLIONS)),
  mutant("STATS-09", "wrong-value", "counts picoseconds", () => counters((value) => value * 1000n)),
];

function without(...ids: readonly number[]): Rule {
  return answers("handshake", (answer) => ({
    ...answer,
    capabilities: answer.capabilities.filter((id: number) => !ids.includes(id)),
  }));
}

function hangsUndeclared(): Rule {
  const hello = without(Capability.ATTACH, Capability.ATTACH_STDIN, Capability.ATTACH_TTY);
  return async function* (input, passing) {
    if (passing.method === "attach") await aborted(passing.signal);
    yield* hello(input, passing);
  };
}

function saysOnce(): Rule {
  let count = 0;
  return answers("getNode", (answer) => ((count += 1) > 1 ? { ...answer, node: undefined } : answer));
}

function refusesSecondCreate(): Rule {
  const known = new Set<string>();
  return requests("createPod", (order) => {
    if (known.has(order.uid)) throw new StatusError(Code.ALREADY_EXISTS, "it is there", { reason: "SPEC_CONFLICT" });
    known.add(order.uid);
    return order;
  });
}

function makesUnknown(): Rule {
  return async function* (input, passing) {
    if (passing.method !== "updatePod") {
      yield* passing.next(input);
      return;
    }
    const { value: update } = await input[Symbol.asyncIterator]().next();
    try {
      yield* passing.next(only(update));
    } catch (error) {
      if (isStatusError(error) && error.reason === "POD")
        for await (const _ of passing.ask("createPod", { ...update, startTime: new Date(), prior: [] }));
      throw error;
    }
  };
}

/** Of two pods that were made last the newest is not in snapshots. */
function lacksNewest(): Rule {
  let newest = "";
  return (input, passing) => {
    if (passing.method === "createPod") {
      return passing.next(
        map(input, (order) => {
          newest = order.uid;
          return order;
        }),
      );
    }
    return answers("watchPods", (message) =>
      message.event?.$case === "observation" && message.event.value.uid === newest ? undefined : message,
    )(input, passing);
  };
}

/** The second of two observations comes first. */
function swaps(): Rule {
  return (input, passing) => {
    if (passing.method !== "watchPods") return passing.next(input);
    const held = new Map<string, Message>();
    return map(passing.next(input), (message) => {
      if (message.event?.$case !== "observation") return message;
      const { uid } = message.event.value;
      const before = held.get(uid);
      held.delete(uid);
      if (before !== undefined) return [message, before];
      held.set(uid, message);
      return undefined;
    });
  };
}

function chunks(change: (chunk: Message) => Uint8Array): Rule {
  return answers("logs", (answer) => {
    if (answer.frame?.$case !== "chunk") return answer;
    const data = change(answer.frame.value);
    return data.length === 0 ? undefined : { frame: { $case: "chunk", value: { ...answer.frame.value, data } } };
  });
}

function dropsLastLine(): Rule {
  return async function* (input, passing) {
    let held: Message;
    for await (const answer of passing.next(input)) {
      if (held !== undefined) yield held;
      held = passing.method === "logs" && answer.frame?.$case === "chunk" ? answer : undefined;
      if (held === undefined) yield answer;
    }
  };
}

function failsWithCommand(): Rule {
  return async function* (input, passing) {
    if (passing.method !== "exec") {
      yield* passing.next(input);
      return;
    }
    const seen: Message[] = [];
    for await (const answer of passing.next(input)) {
      seen.push(answer);
      if (answer.frame?.$case === "exit") break;
    }
    const { result } = seen.at(-1).frame.value;
    if (result?.$case === "code" && result.value !== 0)
      throw new StatusError(Code.UNKNOWN, `the command ended with ${result.value}`);
    yield* seen;
  };
}

function exitFirst(): Rule {
  return async function* (input, passing) {
    let held: Message;
    for await (const answer of passing.next(input)) {
      const isOutput = passing.method === "exec" && answer.frame?.$case === "stdout";
      if (held !== undefined) yield answer;
      if (held !== undefined || isOutput) {
        if (held !== undefined) yield held;
        held = isOutput ? answer : undefined;
      } else yield answer;
    }
  };
}

function locksUp(): Rule {
  return (input, passing) =>
    passing.method === "exec" ? passing.next(some(input, passing.signal)) : passing.next(input);
}

async function* some(input: AsyncIterable<Message>, signal: AbortSignal): AsyncGenerator<Message> {
  let count = 0;
  for await (const request of input) {
    if ((count += 1) > STUCK_FRAMES) await aborted(signal);
    yield request;
  }
}

function drops(method: string, kind: string): Rule {
  return answers(method, (answer) => (answer.frame?.$case === kind ? undefined : answer));
}

/** Does not end after the last message, or after one of a kind. */
function stays(method: string, kind?: string): Rule {
  return async function* (input, passing) {
    for await (const answer of passing.next(input)) {
      if (passing.method === method && kind !== undefined && answer.frame?.$case === kind) break;
      yield answer;
    }
    if (passing.method === method) await aborted(passing.signal);
  };
}

function ofTheHost(): Rule {
  return async function* (input, passing) {
    if (passing.method !== "portForward") {
      yield* passing.next(input);
      return;
    }
    const requested = input[Symbol.asyncIterator]();
    const { value: first } = await requested.next();
    const socket = connect(first.frame.value.port ?? 0, "127.0.0.1");
    const isThere = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    if (!isThere) {
      yield* passing.next(joined(first, requested));
      return;
    }
    yield OPENED;
    for await (const value of socket) yield { frame: { $case: "data", value } };
  };
}

async function* joined(first: Message, rest: AsyncIterator<Message>): AsyncGenerator<Message> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

function counters(change: (value: bigint) => bigint): Rule {
  return answers("getStats", (answer) => {
    if (answer.stats?.$case !== "pod") return answer;
    const containers = answer.stats.value.containers.map((each: Message) => ({
      ...each,
      cpu: changed(each.cpu, change),
    }));
    return { stats: { $case: "pod", value: { ...answer.stats.value, containers } } };
  });
}

function changed(cpu: Message, change: (value: bigint) => bigint): Message {
  if (cpu?.usageCoreNanoSeconds === undefined) return cpu;
  return { ...cpu, usageCoreNanoSeconds: change(cpu.usageCoreNanoSeconds) };
}
