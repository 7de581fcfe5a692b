/** Makes an action happen in a rig. What cannot happen now does not. */
import type { Pod } from "../../domain/kubernetes.js";
import type { PodObservation } from "../../domain/observation.js";
import { endStopping, exit, loseLoudly, run } from "./backend-moves.js";
import type { Action } from "./commands.js";
import { heal } from "./heal.js";
import type { Rig } from "./rig.js";

const nameOf = (slot: number): string => `p${slot}`;

/** Performs it. */
export async function perform(rig: Rig, action: Action): Promise<void> {
  switch (action.kind) {
    case "create":
      return create(rig, action);
    case "delete":
      return remove(rig, nameOf(action.slot), action.grace);
    case "relabel":
    case "spoil-conditions":
    case "fail":
      return interfere(rig, action.kind, nameOf(action.slot));
    case "relabel-away":
      return await relabelAway(rig, nameOf(action.slot));
    case "run":
    case "stop":
    case "lose-loudly":
    case "lose-silently":
    case "exit":
    case "crash-loop":
      return moveBackend(rig, action);
    default:
      return await trouble(rig, action);
  }
}

function create(rig: Rig, action: Extract<Action, { kind: "create" }>): void {
  const name = nameOf(action.slot);
  if (rig.api.byName(name) !== undefined) return;
  const { policy, deadlineSeconds } = action;
  const uid = `${name}-${rig.ledger.facts.size}`;
  const deadline = deadlineSeconds === undefined ? {} : { activeDeadlineSeconds: deadlineSeconds };
  if (action.unsupported) rig.faults.unsupported.add(uid);
  rig.ledger.created(rig.api.create(name, { restartPolicy: policy, ...deadline }, { uid }));
}

function remove(rig: Rig, name: string, grace: number): void {
  const pod = rig.api.byName(name);
  if (pod === undefined) return;
  rig.ledger.unwanted(pod.metadata.uid);
  rig.api.remove(name, grace);
}

function interfere(rig: Rig, kind: "relabel" | "spoil-conditions" | "fail", name: string): void {
  const pod = rig.api.byName(name);
  if (pod === undefined) return;
  rig.ledger.foreignWrite(pod.metadata.uid, kind === "fail");
  rig.api.change(pod, change(kind, pod));
}

/** The pod is changed while the provider has no session; the next one begins before the other end is noticed. */
async function relabelAway(rig: Rig, name: string): Promise<void> {
  rig.loseSession();
  interfere(rig, "relabel", name);
  await openSession(rig);
}

function change(kind: "relabel" | "spoil-conditions" | "fail", pod: Pod): Partial<Pod> {
  const { metadata, status } = pod;
  if (kind === "relabel") return { metadata: { ...metadata, labels: { at: metadata.resourceVersion } } };
  if (kind === "fail") return status?.phase === "Succeeded" ? {} : { status: { ...status, phase: "Failed" } };
  const conditions = (status?.conditions ?? []).map((condition) => ({ ...condition, status: "Unknown" }));
  return { status: { ...status, conditions } };
}

type BackendMove = Extract<Action, { readonly pick: number }>;

function moveBackend(rig: Rig, action: BackendMove): void {
  const uids = [...rig.backend.pods.keys()];
  const uid = uids[action.pick % uids.length];
  const pod = uid === undefined ? undefined : rig.backend.pods.get(uid);
  if (pod !== undefined) movePod(rig, pod, action);
}

function movePod(rig: Rig, pod: PodObservation, action: BackendMove): void {
  switch (action.kind) {
    case "run":
      return run(rig, pod);
    case "exit":
      return exit(rig, pod, action.code);
    case "stop":
      return endStopping(rig, pod);
    case "lose-loudly":
      return loseLoudly(rig, pod);
    case "lose-silently":
      rig.ledger.lost(pod.uid);
      return rig.backend.lose(pod.uid);
    case "crash-loop":
      for (let count = 0; count < action.times; count++) {
        run(rig, rig.backend.pods.get(pod.uid) ?? pod);
        exit(rig, rig.backend.pods.get(pod.uid) ?? pod, 1);
      }
  }
}

type Trouble = Exclude<Action, BackendMove | { readonly slot: number }>;

async function trouble(rig: Rig, action: Trouble): Promise<void> {
  const { faults, api } = rig;
  switch (action.kind) {
    case "refuse":
      faults.refusal = action.refusal;
      return;
    case "hang":
      if (action.where === "none") return await faults.release();
      faults.hang = action.where;
      return;
    case "lose-answers":
      faults.loseAnswers = action.on;
      return;
    case "lose-api-answers":
      api.loseAnswers = action.on;
      return;
    case "api-down":
      api.down = action.on;
      return;
    case "refuse-api":
      api.refusal = action.refusal;
      return;
    case "turns":
      return rig.turns.give(action.giving);
    case "late-api":
      api.late = action.on;
      return;
    case "late-stream":
      return rig.delayStream(action.on);
    case "session":
      return action.open ? await openSession(rig) : rig.loseSession();
    case "restart-provider":
      rig.restartProvider(action.finds, action.complete);
      return await openSession(rig);
    case "kill-gateway":
      rig.killGateway();
      return action.open ? rig.openSession() : undefined;
    default:
      return sign(rig, action.kind);
  }
}

/** A handshake takes time: what was answered before is known by then. */
async function openSession(rig: Rig): Promise<void> {
  await rig.clock.settle();
  rig.openSession();
}

function sign(rig: Rig, kind: "complete-inventory" | "relist" | "open-snapshot" | "end-snapshot" | "heal"): void {
  switch (kind) {
    case "complete-inventory":
      return rig.completeInventory();
    case "relist":
      return rig.api.relist();
    case "open-snapshot":
      return rig.openSnapshot();
    case "end-snapshot":
      return rig.endSnapshot();
    case "heal":
      return heal(rig);
  }
}
