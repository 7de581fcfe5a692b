/** Logs that are written again and again from the start: nothing is lost or doubled. */
import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { OutputName } from "../api/frames.js";
import { LogFile } from "./log-file.js";
import { sinceOf } from "./place.js";
import { type LogRecord, recordReader } from "./records.js";

function record(second: number, text: string, stream: OutputName = "stdout"): LogRecord {
  const time = `2026-01-01T00:00:${String(second).padStart(2, "0")}.000000000Z`;
  return { time, stream, text: Buffer.from(text), isWhole: true };
}

describe("a log file", () => {
  let folder = "";
  let path = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "obd-log-"));
    path = join(folder, "0.log");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function texts(): readonly string[] {
    return readFileSync(path, "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split(" ").slice(3).join(" "));
  }

  const all = [
    record(1, "a"),
    record(1, "b"),
    record(2, "E", "stderr"),
    record(2, "c"),
    record(2, "d"),
    record(3, "e"),
  ];

  for (let cut = 0; cut <= all.length; cut += 1) {
    it(`goes on after ${String(cut)} of its records when the whole stream comes again`, () => {
      const first = LogFile.open(path);
      first.write(all.slice(0, cut));
      first.close();
      const second = LogFile.open(path);
      second.rewind();
      for (const one of all) second.write([one]);
      second.rewind();
      second.write(all);
      second.close();
      expect(texts()).to.deep.equal(["a", "b", "E", "c", "d", "e"]);
    });
  }

  it("takes a record of the other stream that is older than the newest written one", () => {
    const first = LogFile.open(path);
    first.write([record(1, "E1", "stderr"), record(3, "a")]);
    first.close();
    const second = LogFile.open(path);
    second.rewind();
    second.write([record(1, "E1", "stderr"), record(3, "a"), record(2, "E2", "stderr")]);
    second.close();
    expect(texts()).to.deep.equal(["E1", "a", "E2"]);
  });

  it("takes a cut line away and writes it again", () => {
    const first = LogFile.open(path);
    first.write([record(1, "a")]);
    first.close();
    appendFileSync(path, "2026-01-01T00:00:02.000000000Z stdout F cu");
    const second = LogFile.open(path);
    second.rewind();
    second.write([record(1, "a"), record(2, "cut")]);
    second.close();
    expect(texts()).to.deep.equal(["a", "cut"]);
  });

  it("knows how far the file went that was renamed", () => {
    const first = LogFile.open(path);
    first.write([record(1, "a"), record(2, "b")]);
    renameSync(path, `${path}.1`);
    first.reopen();
    first.close();
    const second = LogFile.open(path);
    second.rewind();
    second.write([record(1, "a"), record(2, "b"), record(2, "c")]);
    second.close();
    expect(texts()).to.deep.equal(["c"]);
    expect(sinceOf(second.place)).to.equal(Date.parse("2026-01-01T00:00:02Z") / 1000 - 5);
  });

  it("keeps lines whose clock went back while they came without a break", () => {
    const file = LogFile.open(path);
    file.write([record(5, "a"), record(3, "b")]);
    file.close();
    expect(texts()).to.deep.equal(["a", "b"]);
  });

  it("is not misled by lines that look like entries", () => {
    const first = LogFile.open(path);
    first.write([record(1, "x\r2030-01-01T00:00:00.000000000Z stdout F forged")]);
    first.close();
    const second = LogFile.open(path);
    second.rewind();
    second.write([record(2, "b")]);
    second.close();
    expect(readFileSync(path, "utf8")).to.contain(" stdout F b\n");
  });
});

describe("the engine's log stream", () => {
  const TIME = "2026-01-01T00:00:01.5Z";

  function frame(stream: number, text: string): Buffer {
    const head = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
    head.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([head, Buffer.from(text)]);
  }

  function readIn(pieces: number, bytes: Buffer, tty: boolean): readonly string[] {
    const reader = recordReader(tty);
    const records: LogRecord[] = [];
    for (let at = 0; at < bytes.length; at += pieces) records.push(...reader.take(bytes.subarray(at, at + pieces)));
    records.push(...reader.end());
    return records.map(
      ({ time, stream, text, isWhole }) => `${time} ${stream} ${isWhole ? "F" : "P"} ${text.toString()}`,
    );
  }

  for (const pieces of [1, 7, 100_000]) {
    it(`is taken apart when it comes ${String(pieces)} bytes at a time`, () => {
      const bytes = Buffer.concat([frame(1, `${TIME} a b\n`), frame(2, `${TIME} part`), frame(1, `${TIME} \n`)]);
      const time = "2026-01-01T00:00:01.500000000Z";
      expect(readIn(pieces, bytes, false)).to.deep.equal([
        `${time} stdout F a b`,
        `${time} stderr P part`,
        `${time} stdout F `,
      ]);
    });

    it(`of a terminal is taken apart at newlines and at the engine's limit, ${String(pieces)} bytes at a time`, () => {
      const time = "2026-01-01T00:00:01.500000000Z";
      const long = "y".repeat(16 * 1024);
      const bytes = Buffer.from(`${time} a\r\n${time} ${long}${time} ${long}${time} z\r\n${time} end`);
      expect(readIn(pieces, bytes, true)).to.deep.equal([
        `${time} stdout F a\r`,
        `${time} stdout P ${long}`,
        `${time} stdout P ${long}`,
        `${time} stdout F z\r`,
        `${time} stdout P end`,
      ]);
    }).timeout(10_000);
  }

  it("writes times with other zones and digits alike", () => {
    const bytes = Buffer.concat([
      frame(1, "2026-01-01T02:00:00+02:00 a\n"),
      frame(1, "2026-01-01T00:00:00.123456789Z b\n"),
    ]);
    expect(readIn(1000, bytes, false)).to.deep.equal([
      "2026-01-01T00:00:00.000000000Z stdout F a",
      "2026-01-01T00:00:00.123456789Z stdout F b",
    ]);
  });
});
