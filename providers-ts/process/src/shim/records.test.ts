import { appendFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Journal, readJournal } from "./records.js";

const RECORD = { container: "c", attempt: 0, id: "x", startedAt: 1, pid: 2, startTicks: 3, facts: {} };

const END = { kind: "ended", container: "c", attempt: 0, exit: { exitCode: 4, reason: "", finishedAt: 9 } } as const;

describe("journal of a pod", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "obp-journal-"));
    path = join(folder, "journal.jsonl");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("gives back starts and ends, without what was forgotten", () => {
    const journal = new Journal(path);
    journal.append({ kind: "started", record: RECORD });
    journal.append({ kind: "started", record: { ...RECORD, attempt: 1 } });
    journal.append({ kind: "ended", container: "c", attempt: 0, exit: { exitCode: 4, reason: "", finishedAt: 9 } });
    journal.append({ kind: "started", record: { ...RECORD, container: "d" } });
    journal.append({ kind: "forgotten", container: "d", attempt: 0 });
    expect(readJournal(path)).to.deep.equal([
      { ...RECORD, exit: { exitCode: 4, reason: "", finishedAt: 9 } },
      { ...RECORD, attempt: 1 },
    ]);
  });

  it("ignores a last line that was torn by a power loss", () => {
    new Journal(path).append({ kind: "started", record: RECORD });
    appendFileSync(path, '{"kind":"ended","contai');
    expect(readJournal(path)).to.deep.equal([RECORD]);
  });

  it("has room for the ends of what was started, whatever else fills the disk then", () => {
    const journal = new Journal(path);
    journal.reserve(RECORD.facts);
    const before = statSync(path).size;
    journal.append({ kind: "started", record: RECORD });
    for (let attempt = 0; attempt < 40; attempt += 1) journal.append({ ...END, attempt });
    expect(statSync(path).size).to.equal(before);
    expect(readJournal(path)).to.deep.equal([{ ...RECORD, exit: END.exit }]);
    appendFileSync(path, `${JSON.stringify({ kind: "forgotten", container: "c", attempt: 0 })}\n`);
    expect(readJournal(path)).to.deep.equal([]);
  });

  it("goes on where another process left it", () => {
    new Journal(path).append({ kind: "started", record: RECORD });
    new Journal(path).append(END);
    expect(readJournal(path)).to.deep.equal([{ ...RECORD, exit: END.exit }]);
  });

  it("on a full disk has no room for a start, and breaks nothing when an end cannot be written", () => {
    const journal = new Journal("/dev/full");
    expect(() => journal.reserve({})).to.throw("ENOSPC");
    journal.append(END);
  });

  it("is empty where there is none", () => {
    expect(readJournal(join(folder, "none"))).to.deep.equal([]);
  });
});
