/** The end of a run: all trouble is over, time passes, and what must hold then is checked. */
import type { ContainerStatus, Pod, PodStatus } from "../../domain/kubernetes.js";
import type { ContainerObservation, PodObservation } from "../../domain/observation.js";
import { endStopping } from "./backend-moves.js";
import { isTerminalPhase } from "./rules.js";
import type { Rig } from "./rig.js";
import { digestOf } from "../pod/manifest-cache.js";

/** Ends all trouble; what hangs is released by the next call. */
export function heal(rig: Rig): void {
  const { api, faults } = rig;
  api.down = false;
  api.loseAnswers = false;
  api.late = false;
  api.refusal = "none";
  rig.turns.give("at-once");
  faults.refusal = "none";
  faults.loseAnswers = false;
  rig.delayStream(false);
  rig.openSession();
  rig.endSnapshot();
  rig.completeInventory();
}

/** Heals, waits, checks; then deletes everything, waits, and checks that nothing is left. */
export async function finish(rig: Rig): Promise<void> {
  heal(rig);
  await rig.faults.release();
  await calmDown(rig);
  await checkQuiet(rig);
  checkShown(rig);
  for (const { metadata } of rig.api.pods.values()) {
    rig.ledger.unwanted(metadata.uid);
    rig.api.remove(metadata.name, 5);
  }
  await calmDown(rig);
  checkNothingLeft(rig);
}

/** Longest back-off of the queue. */
const LONGEST_PAUSE_MS = 10_000;

/** A stop that is under way has no longer grace than the API asks for. */
function checkGrace({ api, backend, ledger }: Rig): void {
  for (const { uid, stage } of backend.pods.values()) {
    const grace = api.pods.get(uid)?.metadata.deletionGracePeriodSeconds;
    const given = ledger.facts.get(uid)?.lastGrace ?? Number.POSITIVE_INFINITY;
    if (stage !== "ended" && grace !== undefined && given > grace)
      ledger.breach(uid, `stopped with grace ${given}, due ${grace}`);
  }
}

/** Longer than every back-off, deadline and the time between snapshots; pods that were told to stop do. */
async function calmDown(rig: Rig): Promise<void> {
  rig.begin();
  for (const ms of [25_000, 61_000, 100_000, 305_000, 305_000, 20_000]) {
    await rig.pass(ms);
    if (ms > LONGEST_PAUSE_MS) checkGrace(rig);
    for (const pod of rig.backend.pods.values()) endStopping(rig, pod);
  }
  await rig.pass(20_000);
}

/** When nothing changes nobody is asked anything. */
async function checkQuiet(rig: Rig): Promise<void> {
  rig.begin();
  rig.ledger.takeCalls();
  await rig.pass(700_000);
  const calls = rig.ledger.takeCalls();
  if (calls.length > 0) rig.ledger.breach("quiet", `calls while nothing changes: ${calls.slice(0, 8).join(", ")}`);
}

/** The API shows what the backend has. */
function checkShown(rig: Rig): void {
  for (const pod of rig.api.pods.values())
    for (const problem of shownProblems(rig, pod)) rig.ledger.breach(pod.metadata.uid, problem);
}

function* shownProblems({ backend, ledger }: Rig, api: Pod): Generator<string> {
  const { metadata, status } = api;
  const pod = backend.pods.get(metadata.uid);
  if (metadata.deletionTimestamp !== undefined) yield "deleted, and still there";
  if (pod === undefined) {
    if (!isTerminalPhase(status)) yield `${status?.phase}, and nowhere`;
    return;
  }
  if (ledger.facts.get(metadata.uid)?.foreignEnd === true) return;
  if (isTerminalPhase(status) !== (pod.stage === "ended")) yield `${status?.phase}, it is ${pod.stage}`;
  if (!isTerminalPhase(status) && pod.specDigest !== digestOf(api)) yield "another Manifest is in force";
  yield* containerProblems(pod, status);
}

function* containerProblems({ stage, containers }: PodObservation, status: PodStatus | undefined): Generator<string> {
  const [container] = containers;
  const shown = status?.containerStatuses?.[0];
  if (container === undefined || shown === undefined) return;
  if (shown.restartCount !== container.restartCount && !(stage === "ended" && staysWithPrior(container, shown)))
    yield "another restart count is shown";
  const kind = Object.keys(shown.state ?? {})[0];
  if (stage !== "ended" && kind !== container.state.kind) yield `${kind} is shown, it is ${container.state.kind}`;
}

/** The instance that is due never ran: the end of the one before it stays as it was shown. */
function staysWithPrior(
  { state, restartCount, lastTermination }: ContainerObservation,
  shown: ContainerStatus,
): boolean {
  if (state.kind !== "waiting" || lastTermination === undefined || shown.restartCount !== restartCount - 1)
    return false;
  return shown.state?.terminated?.exitCode === (lastTermination.exitCode ?? 137);
}

function checkNothingLeft(rig: Rig): void {
  const { api, backend, controller, ledger } = rig;
  for (const uid of api.pods.keys()) ledger.breach(uid, "still in the API");
  for (const { uid, stage } of backend.pods.values()) ledger.breach(uid, `still in the backend (${stage})`);
  for (const { uid } of controller.table.all()) ledger.breach(uid, "still in the table");
}
