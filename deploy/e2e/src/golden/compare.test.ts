import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { compareCases, type Level, LEVELS } from "./compare.js";
import { casesIn, readStatusLines, type StatusLine } from "./recording.js";

const CASES = join(import.meta.dirname, "..", "..", "..", "..", "gateway", "testdata", "golden");

describe("compareCases", () => {
  let scratch: string;

  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), "golden-compare-"));
  });

  afterEach(() => rmSync(scratch, { recursive: true }));

  /** A case copied, with its status lines written whole and changed. */
  const copyOf = (name: string, change: (lines: StatusLine[]) => readonly object[] = (lines) => lines): string => {
    const folder = join(scratch, name);
    cpSync(join(CASES, name), folder, { recursive: true });
    const lines = change(readStatusLines(folder)).map((line) => `${JSON.stringify(line)}\n`);
    writeFileSync(join(folder, "status.jsonl"), lines.join(""));
    return folder;
  };

  const rewrite = (folder: string, file: string, from: string | RegExp, to: string): void => {
    const text = readFileSync(join(folder, file), "utf8");
    const changed = text.replaceAll(from, to);
    expect(changed).to.not.equal(text);
    writeFileSync(join(folder, file), changed);
  };

  const differing = (name: string, folder: string): Level[] => {
    const { isEqual } = compareCases(join(CASES, name), folder);
    return LEVELS.filter((level) => !isEqual[level]);
  };

  it("finds every recorded case equal to itself, and nothing broken in it", () => {
    const names = casesIn(CASES);
    expect(names).to.have.length(123);
    for (const name of names) {
      const { differences, broken } = compareCases(join(CASES, name), join(CASES, name));
      expect({ name, differences, broken }).to.deep.equal({ name, differences: [], broken: [] });
    }
  });

  it("takes lines with the whole status and lines with changes for the same", () => {
    for (const name of ["always-exit0", "adm-hostport-conflict"]) expect(differing(name, copyOf(name))).to.be.empty;
  });

  it("does not see times, ids, addresses, durations, names of nodes, namespaces and generated volumes", () => {
    const folder = copyOf("always-exit1");
    rewrite(folder, "status.jsonl", /2026-11-\d\dT/g, "2031-01-02T");
    rewrite(folder, "status.jsonl", /10\.244\.1\.\d+/g, "10.99.0.7");
    rewrite(folder, "status.jsonl", /containerd:\/\/[0-9a-f]{8}/g, "containerd://00000000");
    rewrite(folder, "events.json", /real-1/g, "vk-12");
    rewrite(folder, "events.json", /g-always-exit1/g, "g-other");
    expect(differing("always-exit1", folder)).to.be.empty;
  });

  it("sees a state that is missing", () => {
    const isRunning = ({ status }: StatusLine): boolean => status["phase"] === "Running";
    const folder = copyOf("never-exit0", (lines) => lines.filter((line) => !isRunning(line)));
    expect(differing("never-exit0", folder)).to.deep.equal(["states", "status"]);
  });

  it("sees another exit code as another state", () => {
    const folder = copyOf("never-exit3");
    rewrite(folder, "status.jsonl", '"exitCode":3', '"exitCode":4');
    expect(differing("never-exit3", folder)).to.deep.equal(["states", "status"]);
  });

  it("sees a field that is there or not, changed or not, at the point where it is", () => {
    const folder = copyOf("never-exit0");
    rewrite(folder, "status.jsonl", '"message":"containers with unready status: [c]"', '"message":"not ready"');
    const { isEqual, differences } = compareCases(join(CASES, "never-exit0"), folder);
    expect(isEqual).to.deep.equal({ states: true, events: true, status: false, logs: true });
    expect(differences[0]).to.equal(
      "status Pending[c:W/ContainerCreating] .conditions[ContainersReady].message: " +
        'expected "containers with unready status: [c]", observed "not ready"',
    );
  });

  it("sees a time that is missing, though not which time it is", () => {
    const folder = copyOf("never-exit0");
    rewrite(folder, "status.jsonl", /"startedAt":"[^"]*",/g, "");
    expect(differing("never-exit0", folder)).to.deep.equal(["status"]);
  });

  it("sees an event that is missing, unexpected, or has another text", () => {
    const folder = copyOf("never-exit0");
    rewrite(folder, "events.json", "Container started", "Started container c");
    const { isEqual, differences } = compareCases(join(CASES, "never-exit0"), folder);
    expect(isEqual).to.deep.equal({ states: true, events: false, status: true, logs: true });
    expect(differences).to.deep.equal([
      'event missing    ["Normal","Started","spec.containers{c}","Container started"]',
      'event unexpected ["Normal","Started","spec.containers{c}","Started container c"]',
    ]);
  });

  it("does not judge events about other objects, nor how often one came", () => {
    const folder = copyOf("always-exit0");
    rewrite(folder, "events.json", /"count":4/g, '"count":5');
    rewrite(folder, "events.json", /^\[\n/g, '[\n{"type":"Normal","reason":"X","message":"y","kind":"Node"},\n');
    expect(differing("always-exit0", folder)).to.be.empty;
  });

  it("sees a line of a log that is other, and a log that is missing", () => {
    const folder = copyOf("never-exit0");
    rewrite(folder, "logs/c.txt", "hi", "ho");
    expect(differing("never-exit0", folder)).to.deep.equal(["logs"]);
    rmSync(join(folder, "logs"), { recursive: true });
    expect(differing("never-exit0", folder)).to.deep.equal(["logs"]);
  });

  it("does not judge how often a clock ticked before its pod's end, as long as it is about as often", () => {
    for (const [name, line] of [
      ["resize-ok", /30000 100663296 \n$/g],
      ["vol-update", /.* v2 v v="two" 32\n$/g],
      ["probe-readiness-grpc", /I1125 .* Serving the Check request .*\n$/g],
    ] as const) {
      const [folder, log] = [copyOf(name), join("logs", "c.txt")];
      rewrite(folder, log, line, "");
      expect(differing(name, folder), `${name}: one tick less`).to.be.empty;
    }
  });

  it("sees that a clock stood still, and that it showed something else", () => {
    const folder = copyOf("resize-ok");
    rewrite(folder, "logs/c.txt", /(30000 100663296 \n){4}/g, "");
    expect(differing("resize-ok", folder)).to.deep.equal(["logs"]);
    const other = copyOf("vol-update");
    rewrite(other, "logs/c.txt", / v2 v v="two" 32\n$/g, ' v2 v v="three" 32\n');
    expect(differing("vol-update", other)).to.deep.equal(["logs"]);
  });

  it("counts lines that bear a number of their own", () => {
    const folder = copyOf("termmsg-fallback");
    rewrite(folder, "logs/c.txt", "line 50\n", "");
    expect(differing("termmsg-fallback", folder)).to.deep.equal(["logs"]);
  });

  it("does not judge the order of a log's lines, its days and figures of more than one digit", () => {
    const folder = copyOf("probe-readiness-http");
    const lines = readFileSync(join(folder, "logs", "c.txt"), "utf8")
      .trimEnd()
      .split("\n");
    const changed = lines.toReversed().map((line) => line.replace(/^I\d{4} (\d\d)/, "I0102 03"));
    expect(changed.join("\n")).to.contain("I0102 03");
    writeFileSync(join(folder, "logs", "c.txt"), changed.join("\n"));
    expect(differing("probe-readiness-http", folder)).to.be.empty;
  });
});
