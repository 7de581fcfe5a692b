/** Whether another instance of a container follows one that ended. Pure; judged by proto/vectors/restart-rules.json. */
import type { ContainerKindName, RestartRule } from "./manifest.js";

/** The facts that decide. */
export interface EndedContainer {
  readonly podRestartPolicy: string;
  /** The pod is being ended. */
  readonly podStopping: boolean;
  readonly kind: ContainerKindName;
  readonly restartPolicy?: string | undefined;
  readonly restartPolicyRules?: readonly RestartRule[] | undefined;
  /** As shown to users: 137 where it is not known. */
  readonly exitCode: number;
  /** A failed probe made the engine end it. */
  readonly killedBy?: "liveness" | "startup" | undefined;
  /** No main container runs or will run again. */
  readonly mainContainersFinished?: boolean | undefined;
}

/** What follows. */
export interface RestartDecision {
  readonly restarts: boolean;
  readonly restartAllContainers: boolean;
}

const STAYS: RestartDecision = { restarts: false, restartAllContainers: false };
const RESTARTS: RestartDecision = { restarts: true, restartAllContainers: false };
const ALL_RESTART: RestartDecision = { restarts: true, restartAllContainers: true };

/** Decides, by rules, container policy and pod policy, in this order. */
export function decideRestart(ended: EndedContainer): RestartDecision {
  if (ended.podStopping || ended.kind === "ephemeral") return STAYS;
  if (ended.kind === "sidecar") return ended.mainContainersFinished === true ? STAYS : (byRules(ended) ?? RESTARTS);
  if (ended.killedBy !== undefined) return policyOf(ended) === "Never" ? STAYS : RESTARTS;
  if (ended.kind === "init" && ended.exitCode === 0) return STAYS;
  return byRules(ended) ?? byPolicy(ended);
}

function byRules(ended: EndedContainer): RestartDecision | undefined {
  if (ended.restartPolicy === undefined) return undefined;
  const rule = ended.restartPolicyRules?.find((candidate) => matches(candidate, ended.exitCode));
  if (rule?.action === "Restart") return RESTARTS;
  if (rule?.action === "RestartAllContainers") return ALL_RESTART;
  return undefined;
}

function matches(rule: RestartRule, exitCode: number): boolean {
  const listed = rule.exitCodes?.values?.includes(exitCode) ?? false;
  if (rule.exitCodes?.operator === "In") return listed;
  return rule.exitCodes?.operator === "NotIn" && !listed;
}

function byPolicy(ended: EndedContainer): RestartDecision {
  const policy = policyOf(ended);
  if (policy === "Never") return STAYS;
  return policy === "OnFailure" && ended.exitCode === 0 ? STAYS : RESTARTS;
}

function policyOf(ended: EndedContainer): string {
  return ended.restartPolicy ?? ended.podRestartPolicy;
}
