/** Whether another instance of a container follows one that ended: container rules, container policy, pod policy. */
import type { Container, PodSpec } from "./kubernetes.js";

/** An init container that runs beside the others. */
export function isSidecar(container: Pick<Container, "restartPolicy">): boolean {
  return container.restartPolicy === "Always";
}

/** True if a rule or policy starts the container again after this exit code; `spec` gives the pod's policy. */
export function mayRestart(
  container: Pick<Container, "restartPolicy" | "restartPolicyRules">,
  spec: Pick<PodSpec, "restartPolicy">,
  exitCode: number,
): boolean {
  if (container.restartPolicy === undefined) return byPolicy(spec.restartPolicy, exitCode) ?? true;
  const action = matchingAction(container, exitCode);
  if (action === "Restart" || action === "RestartAllContainers") return true;
  return byPolicy(container.restartPolicy, exitCode) ?? byPolicy(spec.restartPolicy, exitCode) ?? true;
}

/** True if a rule of some container may restart all of them. */
export function mayRestartAll(spec: PodSpec): boolean {
  return [...(spec.initContainers ?? []), ...spec.containers].some((container) =>
    container.restartPolicyRules?.some((rule) => rule.action === "RestartAllContainers"),
  );
}

/** True if a rule of the container has all of them restarted after this exit code. */
export function asksForAll(container: Pick<Container, "restartPolicyRules">, exitCode: number): boolean {
  return matchingAction(container, exitCode) === "RestartAllContainers";
}

function matchingAction(container: Pick<Container, "restartPolicyRules">, exitCode: number): string | undefined {
  return container.restartPolicyRules?.find((rule) => {
    const listed = rule.exitCodes?.values?.includes(exitCode) ?? false;
    if (rule.exitCodes?.operator === "In") return listed;
    return rule.exitCodes?.operator === "NotIn" && !listed;
  })?.action;
}

function byPolicy(policy: string | undefined, exitCode: number): boolean | undefined {
  if (policy === "Always") return true;
  if (policy === "OnFailure") return exitCode !== 0;
  return policy === "Never" ? false : undefined;
}
