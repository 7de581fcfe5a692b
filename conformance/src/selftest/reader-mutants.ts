/** Mutants of streams with several or slow readers, of the seam of the watch, and of what is sent again. */
import { PodStage } from "@outboard/contract";
import { type Mutant, mutant } from "./mutant.js";
import { map, type Message, type Rule } from "./rule.js";

const SEAM_MS = 300;
const MANY_EVENTS = 70;

export const READER_MUTANTS: readonly Mutant[] = [
  mutant("WATCH-12", "late", "serves one reader only", oneReader),
  mutant("WATCH-13", "late", "drops the end of a pod for a slow reader", () =>
    live((event) => !(event.$case === "observation" && event.value.stage === PodStage.ENDED)),
  ),
  mutant("WATCH-19", "late", "loses what comes while the snapshot is sent", losesSeam),
  mutant("EVENT-03", "unexpected", "keeps every event", manyEvents),
  mutant("ATTACH-04", "repeated", "sends the log before the output", replaysLog),
];

/** Keeps of the live part of each watch what the test says. */
function live(isKept: (event: Message) => boolean): Rule {
  return (input, passing) => {
    if (passing.method !== "watchPods") return passing.next(input);
    let isLive = false;
    return map(passing.next(input), (message) => {
      const kept = !isLive || isKept(message.event) ? message : undefined;
      isLive ||= message.event?.$case === "snapshotEnd";
      return kept;
    });
  };
}

/** Live messages come only while one watch is open. */
function oneReader(): Rule {
  let open = 0;
  return async function* (input, passing) {
    if (passing.method !== "watchPods") {
      yield* passing.next(input);
      return;
    }
    open += 1;
    let isLive = false;
    try {
      for await (const message of passing.next(input)) {
        if (!isLive || open === 1) yield message;
        isLive ||= message.event?.$case === "snapshotEnd";
      }
    } finally {
      open -= 1;
    }
  };
}

/** The snapshot is of a moment before, and the live part begins a moment after: what is made in between is not heard of. */
function losesSeam(): Rule {
  const made = new Map<string, number>();
  return (input, passing) => {
    if (passing.method === "createPod") {
      return passing.next(
        map(input, (order) => {
          made.set(order.uid, Date.now());
          return order;
        }),
      );
    }
    if (passing.method !== "watchPods") return passing.next(input);
    const opened = Date.now();
    return map(passing.next(input), (message) => {
      const at = message.event?.$case === "observation" ? made.get(message.event.value.uid) : undefined;
      return at !== undefined && Math.abs(at - opened) < SEAM_MS ? undefined : message;
    });
  };
}

function manyEvents(): Rule {
  return (input, passing) => {
    if (passing.method !== "watchPods") return passing.next(input);
    const uids = new Set<string>();
    return map(passing.next(input), (message) => {
      if (message.event?.$case === "observation") uids.add(message.event.value.uid);
      return message.event?.$case === "snapshotEnd" ? [message, ...[...uids].flatMap(eventsOf)] : message;
    });
  };
}

function eventsOf(uid: string): readonly Message[] {
  return Array.from({ length: MANY_EVENTS }, (_, at) => ({
    event: {
      $case: "podEvent",
      value: {
        uid,
        seq: BigInt(at + 1),
        time: new Date(),
        type: 1,
        reason: "Pulled",
        container: "main",
        message: "",
        count: 1,
      },
    },
  }));
}

/** Attach gives the whole log first. */
function replaysLog(): Rule {
  return async function* (input, passing) {
    if (passing.method !== "attach") {
      yield* passing.next(input);
      return;
    }
    let start: Message;
    const noted = map(input, (request) => {
      if (request.frame?.$case === "start") start = request.frame.value;
      return request;
    });
    for await (const answer of passing.next(noted)) {
      yield answer;
      if (answer.frame?.$case === "opened") yield* logOf(passing, start);
    }
  };
}

async function* logOf(passing: Parameters<Rule>[1], { uid, container }: Message): AsyncGenerator<Message> {
  const request = { uid, container, previous: false, follow: false, cursor: new Uint8Array() };
  for await (const { frame } of passing.ask("logs", request))
    if (frame?.$case === "chunk") yield { frame: { $case: "stdout", value: frame.value.data } };
}
