/** What a container's state in the engine means: never started, running, or ended, and how. */
import type { ContainerExit } from "@outboard/provider-sdk";
import type { ContainerState, ContainerSummary } from "../api/objects.js";
import { parseTime } from "../plan/times.js";

/** Removed behind our back, or made anew: the engine does not know how it ended. */
export const UNKNOWN_EXIT: ContainerExit = { reason: "ContainerStatusUnknown" };
const UNSTARTED: readonly string[] = ["created", "configured", "initialized"];
const NOT_ENDED: readonly string[] = ["stopping", "paused", "restarting"];
/** A removal of it is under way, or failed. */
const GOING: readonly string[] = ["removing", "dead"];

/** Whether it ran and runs no more. */
export function hasEnded(state: ContainerState): boolean {
  return !state.Running && !NOT_ENDED.includes(state.Status) && !isUnstarted(state);
}

/** Whether it was made and never started. Podman makes one that has ended anew when it is attached to. */
export function isUnstarted({ Status, StartedAt }: ContainerState): boolean {
  return (UNSTARTED.includes(Status) || GOING.includes(Status)) && parseTime(StartedAt) === undefined;
}

/** The same as far as a list tells: true also of one that is being started. */
export function isListedUnstarted({ State }: Pick<ContainerSummary, "State">): boolean {
  return UNSTARTED.includes(State);
}

export function toExit(state: ContainerState): ContainerExit {
  if (UNSTARTED.includes(state.Status)) return UNKNOWN_EXIT;
  const startedAt = parseTime(state.StartedAt);
  const finishedAt = parseTime(state.FinishedAt);
  return {
    exitCode: state.ExitCode,
    reason: state.OOMKilled === true ? "OOMKilled" : "",
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
  };
}
