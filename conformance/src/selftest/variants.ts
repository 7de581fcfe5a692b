/** Providers that are right and different: the suite must find each of them conformant. */
import { type PodObservation, StatusError } from "@outboard/contract";
import { pause } from "../suite/pause.js";
import { answers, errors, type Message, observed, type Rule } from "./rule.js";

/** One difference that the contract allows. */
export interface Variant {
  readonly id: string;
  readonly text: string;
  readonly rule: () => Rule;
}

const SLOW_MS = 120;
const SKEW_MS = 2_000;
const HIGH = 2n ** 60n;
const UNKNOWN_NUMBER = 9_999;

export const VARIANTS: readonly Variant[] = [
  { id: "V-01", text: "answers every call late", rule: () => slow(({ event }) => event === undefined) },
  {
    id: "V-02",
    text: "sends output in tiny frames",
    rule: () => both(tinyOutput("exec"), tinyOutput("attach"), tinyOutput("portForward")),
  },
  { id: "V-05", text: "sends more heartbeats than it must", rule: chatty },
  {
    id: "V-07",
    text: "has revisions above 2^53",
    rule: () => observed(({ revision }) => ({ revision: revision + HIGH })),
  },
  { id: "V-08", text: "lists pods in another order", rule: unordered },
  { id: "V-14", text: "says more of a node than anybody knows", rule: () => answers("getNode", withMoreInfo) },
  {
    id: "V-15",
    text: "declares a capability of a later revision",
    rule: () => answers("handshake", withMoreCapabilities),
  },
  { id: "V-17", text: "refuses what it cannot do as gRPC libraries do", rule: bareUnimplemented },
  { id: "V-18", text: "has a clock that is ahead", rule: () => observed(ahead) },
  {
    id: "V-24",
    text: "sends the exit some time after the last output",
    rule: () => slow(({ frame }) => frame?.$case === "exit"),
  },
  { id: "V-26", text: "knows few figures", rule: () => answers("getStats", fewFigures) },
];

/** One rule after the other, the first nearest to the caller. */
function both(...rules: readonly Rule[]): Rule {
  return (input, passing) => {
    const [first, ...rest] = rules;
    if (first === undefined) return passing.next(input);
    return first(input, { ...passing, next: (requests) => both(...rest)(requests, passing) });
  };
}

function slow(test: (answer: Message) => boolean): Rule {
  return async function* (input, passing) {
    for await (const answer of passing.next(input)) {
      if (test(answer) && !isBulk(answer)) await pause(SLOW_MS, passing.signal);
      yield answer;
    }
  };
}

/** Many small delays would make a slow network, which is another thing. */
function isBulk({ frame }: Message): boolean {
  return ["stdout", "stderr", "data", "chunk"].includes(frame?.$case);
}

function tinyOutput(method: string): Rule {
  return answers(method, (answer) => {
    const { frame } = answer;
    if (!["stdout", "stderr", "data"].includes(frame?.$case)) return answer;
    return pieces(frame.value).map((value) => ({ frame: { $case: frame.$case, value } }));
  });
}

/** Single bytes of little, a few pieces of much. */
function pieces(bytes: Uint8Array): readonly Uint8Array[] {
  const size = Math.max(1, Math.ceil(bytes.length / 64));
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

function chatty(): Rule {
  return answers("watchPods", (message) => (message.event?.$case === "heartbeat" ? [message, message] : message));
}

function unordered(): Rule {
  return async function* (input, passing) {
    if (passing.method !== "watchPods") {
      yield* passing.next(input);
      return;
    }
    let held: Message[] | undefined = [];
    for await (const message of passing.next(input)) {
      if (held !== undefined && message.event?.$case === "observation") held.push(message);
      else {
        if (held !== undefined && message.event?.$case === "snapshotEnd") {
          yield* newestOfEach(held);
          held = undefined;
        }
        yield message;
      }
    }
  };
}

/** A pod that comes twice keeps its order. */
function newestOfEach(messages: readonly Message[]): readonly Message[] {
  const byUid = new Map<string, Message>(messages.map((message) => [message.event.value.uid, message]));
  return [...byUid.values()].toReversed();
}

function withMoreInfo(answer: Message): Message {
  return { ...answer, info: { ...answer.info, "something/of a later version": "text" } };
}

function withMoreCapabilities(answer: Message): Message {
  return { ...answer, capabilities: [...answer.capabilities, UNKNOWN_NUMBER] };
}

function bareUnimplemented(): Rule {
  return errors((error) => (error.reason === "CAPABILITY" ? new StatusError(error.code, "unknown method") : error));
}

function ahead({ observedAt }: PodObservation): Partial<PodObservation> {
  return observedAt === undefined ? {} : { observedAt: new Date(observedAt.getTime() + SKEW_MS) };
}

function fewFigures(answer: Message): Message {
  const { stats } = answer;
  if (stats?.$case !== "pod") return answer;
  const pod = { ...stats.value, processCount: undefined, network: undefined, ephemeralStorage: undefined, volumes: [] };
  const containers = pod.containers.map((each: Message) => ({
    ...each,
    rootfs: undefined,
    logs: undefined,
    memory: each.memory === undefined ? undefined : { ...each.memory, rssBytes: undefined, usageBytes: undefined },
  }));
  return { stats: { $case: "pod", value: { ...pod, containers } } };
}
