/** Pods of a provider, counted by stage: one snapshot. */
import { PodStage } from "@outboard/contract";
import { type Connection, inSession } from "../provider/connection.js";

/** Counts the pods of a complete or incomplete snapshot. */
export async function countStages(
  connection: Connection,
  sessionId: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  const names = new Map(Object.entries(PodStage).map(([name, number]) => [number as number, name.toLowerCase()]));
  const stages = new Map<string, string>();
  for await (const { event } of connection.pods.watchPods(
    { snapshotOnly: true },
    inSession(sessionId, signal, 10_000),
  )) {
    if (event?.$case === "observation") stages.set(event.value.uid, names.get(event.value.stage) ?? "unknown");
  }
  const counts: Record<string, number> = {};
  for (const stage of stages.values()) counts[stage] = (counts[stage] ?? 0) + 1;
  return counts;
}
