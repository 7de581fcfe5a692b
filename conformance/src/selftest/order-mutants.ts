/** Mutants of orders that race, come late, or change what runs. */
import { Capability, Code, PodStage, StatusError } from "@outboard/contract";
import { type Mutant, mutant } from "./mutant.js";
import { answers, containers, map, type Message, observed, pretend, requests, type Rule } from "./rule.js";

const SLOW_CREATE_MS = 30;
const LOST_STOPS = 2;

const CHANGES = [
  ["UPDATE-09", "resources"],
  ["UPDATE-10", "an image"],
  ["UPDATE-11", "an ephemeral container"],
  ["UPDATE-12", "a grace period"],
  ["UPDATE-13", "a deadline"],
  ["UPDATE-14", "tolerations"],
] as const;

export const ORDER_MUTANTS: readonly Mutant[] = [
  mutant("CREATE-12", "refused", "keeps a cancelled UID for ever", keepsCancelled),
  mutant("STOP-18", "late", "loses a stop that overtakes its create", losesOverlap),
  mutant("STOP-10", "late", "takes the grace of the last stop", takesLastGrace),
  mutant("INPUT-10", "refused", "refuses inputs of an ended pod", refusesInputsOfEnded),
  mutant("UPDATE-02", "accepted", "takes a change that it did not declare", () =>
    answers("handshake", (answer) => ({
      ...answer,
      capabilities: answer.capabilities.filter((each: number) => each !== Capability.UPDATE_TOLERATIONS),
    })),
  ),
  ...CHANGES.map(([clause, what]) =>
    mutant(clause, "late", `answers and does not take ${what}`, () => pretend("updatePod", () => true, {})),
  ),
  mutant("UPDATE-10", "changed", "starts every container anew for one image", () => restartedByUpdate()),
  mutant("UPDATE-11", "changed", "starts every container anew for an ephemeral one", () => restartedByUpdate()),
];

function keepsCancelled(): Rule {
  const cancelled = new Set<string>();
  return async function* (input, passing) {
    if (passing.method !== "createPod") {
      yield* passing.next(input);
      return;
    }
    const { value: order } = await input[Symbol.asyncIterator]().next();
    if (cancelled.has(order.uid))
      throw new StatusError(Code.ALREADY_EXISTS, "a create is under way", { reason: "SPEC_CONFLICT" });
    passing.signal.addEventListener("abort", () => cancelled.add(order.uid), { once: true });
    await new Promise((resolve) => setTimeout(resolve, SLOW_CREATE_MS));
    if (!passing.signal.aborted) yield* passing.next(one(order));
  };
}

async function* one(message: Message): AsyncGenerator<Message> {
  yield message;
}

/** The first stop comes while the create is under way; it and the next are answered and forgotten. */
function losesOverlap(): Rule {
  const lost = new Map<string, number>();
  const creating = new Set<string>();
  const stops = pretend("stopPod", ({ uid }) => isLost(uid), {});
  const isLost = (uid: string): boolean => {
    const count = lost.get(uid) ?? (creating.has(uid) ? 0 : LOST_STOPS);
    lost.set(uid, count + 1);
    return count < LOST_STOPS;
  };
  return async function* (input, passing) {
    if (passing.method !== "createPod") {
      yield* stops(input, passing);
      return;
    }
    const { value: order } = await input[Symbol.asyncIterator]().next();
    creating.add(order.uid);
    await new Promise((resolve) => setTimeout(resolve, SLOW_CREATE_MS));
    yield* passing.next(one(order));
    creating.delete(order.uid);
  };
}

/** The first stop is answered and put off; the one behind it decides. */
function takesLastGrace(): Rule {
  const stopped = new Set<string>();
  const isFirst = ({ uid, graceSeconds }: Message): boolean =>
    graceSeconds > 0 && !stopped.has(uid) && stopped.add(uid).has(uid);
  return pretend("stopPod", isFirst, {});
}

function refusesInputsOfEnded(): Rule {
  const ended = new Set<string>();
  const seen = observed(({ uid, stage }) => {
    if (stage === PodStage.ENDED) ended.add(uid);
    return {};
  });
  const refused = requests("updateInputs", (request) => {
    if (ended.has(request.uid)) throw new StatusError(Code.FAILED_PRECONDITION, "ended", { reason: "NOT_RUNNING" });
    return request;
  });
  return (input, passing) => (passing.method === "updateInputs" ? refused(input, passing) : seen(input, passing));
}

function restartedByUpdate(): Rule {
  const updates = new Map<string, number>();
  const renamed = containers(({ containerId }, { uid }) => ({
    containerId: containerId && `${containerId}-${updates.get(uid) ?? 0}`,
  }));
  return (input, passing) => {
    if (passing.method !== "updatePod") return renamed(input, passing);
    return passing.next(
      map(input, (request) => {
        updates.set(request.uid, (updates.get(request.uid) ?? 0) + 1);
        return request;
      }),
    );
  };
}
