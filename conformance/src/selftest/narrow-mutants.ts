/** Mutants that one check alone sees: each call, capability and kind of change by itself. Ablation asked for them. */
import {
  Capability,
  ContainerKind,
  Code,
  PodChange,
  StatusError,
  StopReason,
  TerminationCause,
} from "@outboard/contract";
import { both } from "./frames.js";
import { type Mutant, mutant } from "./mutant.js";
import { answers, containers, type Message, observed, pretend, requests, type Rule } from "./rule.js";

const { LOGS, LOGS_FOLLOW, LOGS_PREVIOUS, LOGS_TIME, LOGS_TAIL, LOGS_RESUME } = Capability;
const { ATTACH, ATTACH_TTY, ATTACH_STDIN, EXEC_TTY, EXEC_STDIN } = Capability;

export const NARROW_MUTANTS: readonly Mutant[] = [
  hidden("CAP-01", "accepted", "logs", LOGS, LOGS_FOLLOW, LOGS_PREVIOUS, LOGS_TIME, LOGS_TAIL, LOGS_RESUME),
  hidden("CAP-01", "accepted", "attach", ATTACH, ATTACH_TTY, ATTACH_STDIN),
  hidden("CAP-02", "wrong-status", "previous logs", LOGS_PREVIOUS),
  hidden("CAP-02", "accepted", "times of logs", LOGS_TIME),
  hidden("CAP-02", "accepted", "tails of logs", LOGS_TAIL),
  hidden("CAP-02", "wrong-status", "cursors of logs", LOGS_RESUME),
  hidden("CAP-02", "accepted", "terminals of commands", EXEC_TTY),
  hidden("CAP-02", "accepted", "input of commands", EXEC_STDIN),
  hidden("CAP-02", "accepted", "terminals of attach", ATTACH_TTY),
  hidden("CAP-02", "accepted", "input of attach", ATTACH_STDIN),
  hidden("UPDATE-02", "accepted", "new images", Capability.UPDATE_IMAGE),
  hidden("UPDATE-02", "accepted", "new metadata", Capability.UPDATE_METADATA),
  hidden("UPDATE-02", "accepted", "new resources", Capability.UPDATE_RESOURCES),
  hidden("UPDATE-02", "accepted", "new ephemeral containers", Capability.UPDATE_EPHEMERAL_CONTAINERS),
  hidden("UPDATE-02", "accepted", "new grace", Capability.UPDATE_GRACE),
  hidden("UPDATE-02", "accepted", "new deadlines", Capability.UPDATE_DEADLINE),
  ...["attach", "portForward", "getStats", "updatePod"].map((method) =>
    mutant("CAP-03", "refused", `declares ${method} and does not have it`, () => unimplemented(method)),
  ),
  mutant("CREATE-01", "repeated", "writes every line twice", () =>
    answers("logs", (answer) => (answer.frame?.$case === "chunk" ? [answer, answer] : answer)),
  ),
  mutant("STOP-04", "wrong-value", "takes the last reason for the cause", lastReason),
  mutant("STOP-04", "wrong-value", "takes an orphan for the user's wish", () =>
    requests("stopPod", (each) => ({
      ...each,
      reason: each.reason === StopReason.ORPHAN ? StopReason.USER : each.reason,
    })),
  ),
  mutant("OBS-06", "wrong-value", "takes init containers for main containers", () =>
    containers(({ kind }) => (kind === ContainerKind.INIT ? { kind: ContainerKind.MAIN } : {})),
  ),
  mutant("UPDATE-10", "late", "takes no new image where there is one container", () =>
    pretend("updatePod", ({ changes, manifest }) => changes.includes(PodChange.IMAGE) && isSingle(manifest), {}),
  ),
  mutant("FEAT-10", "order", "starts all init containers together", () => containers(secondEarlier)),
  mutant("FEAT-08", "unexpected", "restarts whatever the code", () =>
    containers(({ state, restartCount }) => (state?.$case === "terminated" ? { restartCount: restartCount + 1 } : {})),
  ),
];

/** Serves what it does not declare. */
function hidden(clause: Mutant["clause"], code: Mutant["code"], what: string, ...ids: readonly number[]): Mutant {
  return mutant(clause, code, `serves ${what} without declaring it`, () =>
    answers("handshake", (answer) => ({
      ...answer,
      capabilities: answer.capabilities.filter((id: number) => !ids.includes(id)),
    })),
  );
}

function unimplemented(method: string): Rule {
  return async function* (input, passing) {
    if (passing.method === method) throw new StatusError(Code.UNIMPLEMENTED, "not there", { reason: "CAPABILITY" });
    yield* passing.next(input);
  };
}

function lastReason(): Rule {
  const stops = new Map<string, number>();
  const orders = requests("stopPod", (each) => {
    stops.set(each.uid, (stops.get(each.uid) ?? 0) + 1);
    return each;
  });
  return both(
    orders,
    observed(({ uid, cause }) => ({
      cause: cause === TerminationCause.PREEMPTED && (stops.get(uid) ?? 0) > 1 ? TerminationCause.USER : cause,
    })),
  );
}

function isSingle(manifest: Message): boolean {
  const pod = JSON.parse(Buffer.from(manifest.json).toString("utf8")) as {
    readonly spec: { readonly containers: unknown[] };
  };
  return pod.spec.containers.length === 1;
}

/** The init container "two" began long before it ended, and so before "one" ended. */
function secondEarlier({ name, kind, state }: Message): object {
  if (kind !== ContainerKind.INIT || name !== "two" || state?.$case !== "terminated") return {};
  const since = new Date(state.value.until.getTime() - 60_000);
  return { state: { $case: "terminated", value: { ...state.value, since } } };
}
