import { expect } from "chai";
import { normalText, type Point, pointsOf } from "./judge.js";
import { caseNames, readCase, type RecordedCase, type RecordedEvent } from "./recorded.js";
import { replay } from "./replay.js";
import { NOT_REPLAYED, NOT_SHOWN, OTHER_EVENTS, SCRIPTS, SKIPS_STATES, STATUS_NOT_JUDGED } from "./scripts.js";

describe("the engine and the gateway beside a real kubelet", () => {
  for (const name of caseNames()) {
    if (NOT_REPLAYED[name] !== undefined) continue;
    it(`show what it showed in ${name}`, async function () {
      this.timeout(30_000);
      const recorded = readCase(name);
      const outcome = await replay(recorded, SCRIPTS[name] ?? {});
      const wanted = recordedPoints(recorded).filter(({ key }) => NOT_SHOWN[name]?.includes(key) !== true);
      const shown = pointsOf(outcome.written).slice(0, isForced(recorded) ? wanted.length : undefined);
      expect(SKIPS_STATES.includes(name) ? common(shown, wanted) : keys(shown)).to.deep.equal(keys(wanted));
      expect(eventSet(outcome.events).filter((text) => isOurs(name, text))).to.deep.equal(
        eventSet(recorded.events).filter((text) => isOurs(name, text)),
      );
      if (STATUS_NOT_JUDGED[name] !== undefined) return;
      for (const { key, status } of wanted.slice(1)) {
        const ours = shown.findLast((point) => point.key === key)?.status;
        expect(ours, key).to.deep.equal(status);
      }
    });
  }

  it("leave out cases for a reason each", () => {
    expect(Object.keys(NOT_REPLAYED).filter((name) => !caseNames().includes(name))).to.deep.equal([]);
  });
});

function keys(points: readonly Point[]): readonly string[] {
  return points.map(({ key }) => key);
}

/** Ours without what the kubelet skipped. */
function common(shown: readonly Point[], wanted: readonly Point[]): readonly string[] {
  const all = keys(wanted);
  return keys(shown).filter((key) => all.includes(key));
}

function recordedPoints({ lines }: RecordedCase): readonly Point[] {
  return pointsOf(
    lines.map(({ status, deletionTimestamp }) => ({ status, isTerminating: deletionTimestamp !== undefined })),
  );
}

/** Deleted without grace: the API server shows nothing of the end. */
function isForced({ lines }: RecordedCase): boolean {
  const last = lines.at(-1);
  return last?.deletionTimestamp !== undefined && last.status.phase === "Running";
}

function isOurs(name: string, text: string): boolean {
  const others = [/ \| Scheduled \| /, / \| FailedScheduling \| /, / \| Resize/, ...(OTHER_EVENTS[name] ?? [])];
  return !others.some((pattern) => pattern.test(text));
}

function eventSet(events: readonly RecordedEvent[]): readonly string[] {
  const texts = events.map(({ type, reason, fieldPath, message }) =>
    [type, reason, fieldPath ?? "", normalText(message)].join(" | "),
  );
  return [...new Set(texts)].toSorted();
}
