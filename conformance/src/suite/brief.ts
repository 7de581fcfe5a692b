/** A pod in one line, for people. */
import { type PodObservation, PodStage, SandboxState } from "@outboard/contract";

/** What a reader wants to know of a pod that is not as it should be. */
export function briefOf({ stage, sandbox, containers, failure }: PodObservation): string {
  const states = containers.map(({ name, state, restartCount }) => {
    const value =
      state?.$case === "running" || state === undefined ? "" : ` ${state.value.reason} ${state.value.message}`;
    return `${name} ${state?.$case ?? "unknown"}${value.trimEnd()} (${restartCount} restarts)`;
  });
  const failed = failure === undefined ? "" : `, failure ${failure.reason} ${failure.message}`;
  const [inStage, itsSandbox] = [wordOf(PodStage, stage), wordOf(SandboxState, sandbox)];
  return `in stage ${inStage}, sandbox ${itsSandbox}, ${states.join(", ") || "no containers"}${failed}`;
}

function wordOf(names: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(names).find(([, each]) => each === value)?.[0] ?? String(value);
}
