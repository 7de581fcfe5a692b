/**
 * A feature as one row of a table: what a pod asks for, what its workload runs, and what that must say of itself. What is
 * declared is proven inside the pod, never taken on trust.
 */
import { type FeatureId, featureOf, PodStage } from "@outboard/contract";
import type { ClauseId } from "../../clauses/registry.js";
import { check, type Check } from "../../suite/check.js";
import { linesOf, readLog } from "../../suite/interactions.js";
import type { ContainerSketch, PodSketch } from "../../suite/sketch.js";
import type { Trial } from "../../suite/trial.js";

/** Where rows mount their volume. */
export const FOLDER = "/conformance";

/** One feature, proven by the output of a workload. */
export interface FeatureRow {
  readonly feature: FeatureId;
  /** Name of the check behind the clause's id. */
  readonly name: string;
  readonly title: string;
  /** Script of a shell in the first container; it ends by itself unless `isStopped`. */
  readonly script: string;
  /** Each must be among the lines, or match one of them. */
  readonly shows: readonly (string | RegExp)[];
  /** Laid over the first container. */
  readonly container?: Partial<ContainerSketch>;
  /** Laid over the pod. */
  readonly pod?: Partial<PodSketch>;
  /** Containers beside the first. */
  readonly others?: readonly ContainerSketch[];
  /** Features that the row needs beside its own. */
  readonly also?: readonly FeatureId[];
  /** The pod is stopped once it runs. */
  readonly isStopped?: boolean;
}

/** The check of a row. */
export function rowCheck(row: FeatureRow): Check {
  return featureCheck(row, async (t) => {
    const said = await saidBy(t, row);
    for (const wanted of row.shows) {
      const isThere = said.some((line) => (typeof wanted === "string" ? line === wanted : wanted.test(line)));
      t.verify(isThere, "wrong-value", `no line of the workload is ${String(wanted)}; it said ${show(said)}`);
    }
  });
}

/** What a check of a feature is called and needs. */
export type FeatureHead = Pick<FeatureRow, "feature" | "name" | "title" | "also">;

/** A check of a feature's clause. */
export function featureCheck(
  { feature, name, title, also = [] }: FeatureHead,
  run: (t: Trial) => Promise<void>,
): Check {
  const needs = [feature, ...also].map((id) => `feature:${id}` as const);
  return check(clauseOfFeature(feature), name, { title, needs, run });
}

/** The clause that a feature is judged by. @throws Error for one that is declared only. */
export function clauseOfFeature(feature: FeatureId): ClauseId {
  const id = featureOf(feature)?.check ?? "";
  if (id === "") throw new Error(`feature ${feature} names no clause`);
  return id as ClauseId;
}

type Spoken = Pick<FeatureRow, "feature" | "script" | "container" | "pod" | "others" | "also" | "isStopped">;

/**
 * Runs the pod of a row to its end; the lines that its first container wrote. On a busy machine runtimes lose the words of
 * one that ends at once. Logs are not what is judged here, so that silence is listened to once more.
 */
export async function saidBy(t: Trial, row: Spoken): Promise<readonly string[]> {
  mustHear(t);
  const said = await saidOnce(t, row);
  return said.length > 0 ? said : await saidOnce(t, row);
}

async function saidOnce(t: Trial, row: Spoken): Promise<readonly string[]> {
  const pod = await t.pod(sketchOf(row));
  if (row.isStopped === true) {
    await pod.running();
    await heard(t, pod.uid, "ready");
    await pod.stop(10);
  }
  const end = await pod.ended();
  const { state } = t.containerOf(end);
  t.verify(state?.$case === "terminated", "missing", "the workload has not run to its end");
  return await logOf(t, pod.uid);
}

/** The pod of a row. */
export function sketchOf({ feature, script, container, pod, others = [], also = [] }: Spoken): PodSketch {
  return {
    features: [feature, ...also],
    ...pod,
    containers: [{ behaviour: "shell", params: { script }, ...container }, ...others],
  };
}

/** Ends the check where the workload's output cannot be had. */
export function mustHear(t: Trial): void {
  if (!t.world.declares("logs")) t.notTestable("logs is not declared, so nobody hears what the workload says");
}

/** Lines of a container without blanks at the end, as a terminal adds them. */
export async function logOf(t: Trial, uid: string, container = "main"): Promise<readonly string[]> {
  return linesOf(await readLog(t, { uid, container })).map((line) => line.trimEnd());
}

/** Waits until a running container has written a line; it is a failure if the pod ends without. */
export async function heard(t: Trial, uid: string, line: string, container = "main"): Promise<void> {
  await t.eventually("start", `container ${container} writes "${line}"`, async () =>
    (await logOf(t, uid, container)).includes(line) ? true : undefined,
  );
}

/** True while the pod has not ended. */
export function isAlive({ stage }: { readonly stage: PodStage }): boolean {
  return stage !== PodStage.ENDED;
}

/** A few lines for a message. */
export function show(lines: readonly string[]): string {
  return lines.length === 0 ? "nothing" : JSON.stringify(lines.slice(0, 8));
}
