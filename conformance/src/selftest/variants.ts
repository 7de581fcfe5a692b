/** Providers that are right and different: the suite must find each of them conformant. */
import { type PodObservation, StatusError } from "@outboard/contract";
import type { World } from "../suite/world.js";
import { both, hugeOutput, interleaved, slow, splitCharacters, tinyOutput } from "./frames.js";
import { flags, type Launch, script } from "./launch.js";
import { comeAndGo } from "./neighbours.js";
import { longNames, synchronousCreate } from "./naming.js";
import { answers, errors, type Message, observed, type Rule } from "./rule.js";
import { chatty, coalescing, lateEnds, slowList, unordered } from "./watching.js";

/** One difference that the contract allows. */
export interface Variant {
  readonly id: string;
  readonly text: string;
  readonly rule?: () => Rule;
  /** How the provider is launched so that it is so. */
  readonly launch?: Launch;
  /** Milliseconds after which the proxy asks for new connections. */
  readonly connectionAgeMs?: number;
  /** What goes on beside the checks. */
  readonly beside?: (world: World, signal: AbortSignal) => Promise<void>;
  /** The checks in so many parts, the provider started anew between them. Default 1. */
  readonly parts?: number;
  /** A check that a client cannot pass here, whatever the provider. */
  readonly leavesOut?: string;
  /** Checks at once. */
  readonly parallel?: number;
}

const SKEW_MS = 2_000;
const CONNECTION_AGE_MS = 400;
const HIGH = 2n ** 60n;
const UNKNOWN_NUMBER = 9_999;
/** Libraries do not repeat a call that a closing connection refused when its message is above their buffer of 1 MiB. */
const NOT_REPEATED = "X-05/large-message";
/** Runs 10 of 100 ms. */
const STARVED = '(while kill -STOP $$ 2>/dev/null; do sleep 0.09; kill -CONT $$; sleep 0.01; done) & exec "$@"';

const STREAMS = ["exec", "attach", "portForward"] as const;

export const VARIANTS: readonly Variant[] = [
  { id: "V-01", text: "answers every call late", rule: () => slow(({ event }) => event === undefined) },
  { id: "V-02", text: "sends output in tiny frames", rule: () => both(...STREAMS.map(tinyOutput)) },
  { id: "V-03", text: "sends output in the largest frames", rule: () => both(...STREAMS.map(hugeOutput)) },
  { id: "V-04", text: "leaves out what was soon followed by more", rule: coalescing },
  { id: "V-05", text: "sends more heartbeats than it must", rule: chatty },
  { id: "V-06", text: "has the longest session ids and cursors, of random bytes", rule: longNames },
  {
    id: "V-07",
    text: "has revisions above 2^53",
    rule: () => observed(({ revision }) => ({ revision: revision + HIGH })),
  },
  { id: "V-08", text: "lists pods in another order", rule: unordered },
  { id: "V-09", text: "tells its list pod by pod", rule: slowList },
  { id: "V-10", text: "has other pods that come and go", beside: comeAndGo },
  { id: "V-11", text: "answers CreatePod long before anything runs", launch: flags("slow-start") },
  { id: "V-12", text: "answers CreatePod once the pod runs", rule: synchronousCreate },
  { id: "V-13", text: "gives IPv6 addresses only", launch: flags("ipv6") },
  { id: "V-14", text: "says more of a node than anybody knows", rule: () => answers("getNode", withMoreInfo) },
  {
    id: "V-15",
    text: "declares a capability of a later revision",
    rule: () => answers("handshake", withMoreCapabilities),
  },
  { id: "V-16", text: "has no more than what every provider must", launch: flags("minimal") },
  { id: "V-17", text: "refuses what it cannot do as gRPC libraries do", rule: bareUnimplemented },
  { id: "V-18", text: "has a clock that is ahead", rule: () => observed(ahead) },
  { id: "V-19", text: "tells the end of a pod late", rule: lateEnds },
  {
    id: "V-20",
    text: "asks for a new connection again and again",
    connectionAgeMs: CONNECTION_AGE_MS,
    leavesOut: NOT_REPEATED,
  },
  { id: "V-21", text: "cuts characters in two", rule: () => both(...STREAMS.map(splitCharacters)) },
  { id: "V-22", text: "is started anew now and then", parts: 4 },
  { id: "V-23", text: "sends standard error behind standard output", rule: () => interleaved("exec") },
  {
    id: "V-24",
    text: "sends the exit some time after the last output",
    rule: () => slow(({ frame }) => frame?.$case === "exit"),
  },
  { id: "V-25", text: "gets a tenth of a processor", launch: script(STARVED), parallel: 1 },
  { id: "V-26", text: "knows few figures", rule: () => answers("getStats", fewFigures) },
];

function withMoreInfo(answer: Message): Message {
  return { ...answer, info: new Map([...answer.info, ["something/of a later version", "text"]]) };
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
