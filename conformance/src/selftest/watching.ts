/** Rules for variants of watches: other order, other pace, fewer messages. All of them are allowed. */
import { type PodObservation, PodStage } from "@outboard/contract";
import { pause } from "../suite/pause.js";
import { merged } from "./frames.js";
import { answers, type Message, type Rule } from "./rule.js";

const COALESCE_MS = 40;
const LATE_END_MS = 600;
const LIST_PAUSE_MS = 5;

/** Heartbeats come twice. */
export function chatty(): Rule {
  return answers("watchPods", (message) => (message.event?.$case === "heartbeat" ? [message, message] : message));
}

/** A pod's observation is replaced by the next one where that hides no ended instance. */
export function coalescing(): Rule {
  return (input, passing) => {
    const output = passing.next(input);
    return passing.method === "watchPods" ? merged(output, newer, COALESCE_MS) : output;
  };
}

/** The end of a pod is told late, and all that comes behind it too; what waited behind another does not wait again. */
export function lateEnds(): Rule {
  return onWatch(async (message, signal) => {
    const pod = observationOf(message);
    if (pod?.stage !== PodStage.ENDED || pod.observedAt === undefined) return;
    const age = Date.now() - pod.observedAt.getTime();
    if (age < LATE_END_MS) await pause(LATE_END_MS - age, signal);
  });
}

/** The list comes pod by pod, with a pause behind each. */
export function slowList(): Rule {
  let isListing = true;
  return onWatch(async (message, signal) => {
    if (message.event?.$case === "snapshotBegin") isListing = true;
    if (message.event?.$case === "snapshotEnd") isListing = false;
    if (isListing && observationOf(message) !== undefined) await pause(LIST_PAUSE_MS, signal);
  });
}

/** The list is in another order. */
export function unordered(): Rule {
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

function onWatch(before: (message: Message, signal: AbortSignal) => Promise<void>): Rule {
  return async function* (input, passing) {
    for await (const message of passing.next(input)) {
      if (passing.method === "watchPods") await before(message, passing.signal);
      yield message;
    }
  };
}

function newer(held: Message, next: Message): Message {
  const [before, after] = [observationOf(held), observationOf(next)];
  if (before === undefined || before.uid !== after?.uid) return undefined;
  return before.containers.some((each) => hides(each, after)) ? undefined : next;
}

function hides(before: PodObservation["containers"][number], { containers }: PodObservation): boolean {
  const after = containers.find(({ name }) => name === before.name);
  const hasEnded = before.state?.$case === "terminated";
  return hasEnded && (after?.state?.$case !== "terminated" || after.containerId !== before.containerId);
}

function observationOf({ event }: Message): PodObservation | undefined {
  return event?.$case === "observation" ? event.value : undefined;
}
