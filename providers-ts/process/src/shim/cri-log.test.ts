import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { CriLog, splitLines, timestamp } from "./cri-log.js";

describe("CriLog", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "obp-log-"));
    path = join(folder, "0.log");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("joins what comes in pieces and keeps the streams apart", () => {
    const log = new CriLog(path);
    log.write("stdout", Buffer.from("he"), "T");
    log.write("stderr", Buffer.from("oops\n"), "T");
    log.write("stdout", Buffer.from("llo\nrest"), "T");
    log.flush("stdout", "T");
    log.flush("stderr", "T");
    log.close();
    expect(readFileSync(path, "utf8")).to.equal("T stderr F oops\nT stdout F hello\nT stdout F rest\n");
  });

  it("keeps bytes that are no text, and empty lines", () => {
    const log = new CriLog(path);
    log.write("stdout", Buffer.from([0xff, 0x00, 0x0a, 0x0a]), "T");
    log.close();
    expect(readFileSync(path).toString("latin1")).to.equal("T stdout F \xff\0\nT stdout F \n");
  });

  it("writes to a new file after reopen", () => {
    const log = new CriLog(path);
    log.write("stdout", Buffer.from("old\n"), "T");
    renameSync(path, `${path}.1`);
    log.reopen();
    log.write("stdout", Buffer.from("new\n"), "T");
    log.close();
    expect([readFileSync(`${path}.1`, "utf8"), readFileSync(path, "utf8")]).to.deep.equal([
      "T stdout F old\n",
      "T stdout F new\n",
    ]);
  });

  it("marks parts of long lines, never an empty one after a line of exactly the limit", () => {
    const seen: string[] = [];
    const text = `${"a".repeat(16_384)}\n${"b".repeat(16_385)}\n`;
    const rest = splitLines(Buffer.from(text), (mark, line) => seen.push(`${String(mark)}${String(line.length)}`));
    expect(seen).to.deep.equal(["F 16384", "P 16384", "F 1"]);
    expect(rest).to.have.length(0);
  });
});

describe("timestamp", () => {
  it("has nine digits and the zone Z", () => {
    expect(timestamp(1_700_000_000_123.456)).to.equal("2023-11-14T22:13:20.123456000Z");
  });
});
