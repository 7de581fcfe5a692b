/** Plays a recorded case on the engine: its containers behave as recorded, and the gateway's rules make statuses of it. */
import { behave, withUsers } from "./behaviour.js";
import { pointsOf, type Written } from "./judge.js";
import { fromEvent, Harness, toEventDraft } from "./modules.js";
import { orderFor, preparedPod } from "./prepared.js";
import { deletionOf, endsOf, type RecordedCase, type RecordedEvent } from "./recorded.js";
import { Scribe } from "./scribe.js";
import type { Played, Script } from "./script.js";

const STEP_MS = 500;
const LONGEST_MS = 130_000;

/** What came of it. */
export interface Outcome {
  readonly written: readonly Written[];
  readonly events: readonly RecordedEvent[];
}

/** Plays it to the end of the pod. */
export async function replay(recorded: RecordedCase, script: Script): Promise<Outcome> {
  await using harness = new Harness();
  harness.view = (runtime) => withUsers(runtime, recorded);
  harness.remake();
  await harness.startEngine();
  const ends = endsOf(recorded);
  const deletion = deletionOf(recorded);
  behave(harness, { recorded, script, ends });
  const pod = preparedPod(recorded);
  const played: Played = { harness, pod };
  const scribe = new Scribe(played);
  const due = [...(script.steps ?? [])];
  const before = statesBefore(recorded);
  await harness.engine.createPod(orderFor(pod, recorded));
  await harness.quiet();
  scribe.write();
  let isDeleted = false;
  for (let at = 0; at <= LONGEST_MS && !harness.state.startsWith("ENDED"); at += STEP_MS) {
    for (const [, run] of due.splice(0, due.findLastIndex(([afterMs]) => afterMs <= at) + 1)) await run(played);
    const isReached = due.length === 0 && scribe.shows(before);
    if (deletion !== undefined && !isDeleted && (isReached || at >= deletion.afterMs)) {
      isDeleted = true;
      await remove(played, deletion.graceSeconds, scribe);
    }
    await harness.advance(STEP_MS);
    scribe.write();
  }
  if (!harness.state.startsWith("ENDED")) throw new Error(`the pod has not ended: ${harness.state}`);
  if (!isDeleted) scribe.markDeleted();
  return { written: scribe.written, events: eventsOf(played) };
}

function statesBefore({ lines }: RecordedCase): readonly string[] {
  const live = lines.filter(({ deletionTimestamp }) => deletionTimestamp === undefined);
  return pointsOf(live.map(({ status }) => ({ status, isTerminating: false }))).map(({ key }) => key);
}

async function remove(played: Played, graceSeconds: number, scribe: Scribe): Promise<void> {
  scribe.write();
  scribe.markDeleted();
  await played.harness.stopPod(graceSeconds);
}

function eventsOf({ harness, pod }: Played): readonly RecordedEvent[] {
  return harness.events.map((event) => {
    const { type, reason, message, target } = toEventDraft(fromEvent({ ...event, seq: 1n }), pod);
    const { fieldPath } = target;
    return { type, reason, message, ...(fieldPath === undefined ? {} : { fieldPath }) };
  });
}
