import { LogsRequest } from "@outboard/contract";
import { expect } from "chai";
import { appendFileSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { SystemClock } from "../../clock/system-clock.js";
import { tempFolder } from "../testing/temp-folder.js";
import { formatCriLine, parseCriLine } from "./cri-line.js";
import { type LogSource, readLog } from "./read-log.js";
import { rotateLog } from "./rotation.js";

const SECOND = 1_000_000_000n;
const START = BigInt(Date.UTC(2030, 0, 1)) * 1_000_000n;

function line(
  text: string,
  second: number,
  fields: { readonly stream?: "stderr"; readonly isPartial?: boolean } = {},
): Buffer {
  const { stream = "stdout", isPartial = false } = fields;
  return formatCriLine({ timeUnixNano: START + BigInt(second) * SECOND, stream, isPartial, data: Buffer.from(text) });
}

class Log implements Disposable {
  readonly #folder: ReturnType<typeof tempFolder> = tempFolder();
  readonly path: string = join(this.#folder.path, "c", "0.log");
  hasEnded = true;

  constructor(...lines: readonly Buffer[]) {
    mkdirSync(dirname(this.path));
    writeFileSync(this.path, Buffer.concat(lines));
  }

  append(...lines: readonly Buffer[]): void {
    appendFileSync(this.path, Buffer.concat(lines));
  }

  async rotate(limits = { rotateBytes: 1, files: 5 }): Promise<void> {
    await rotateLog(this.path, limits, async () => await Promise.resolve(writeFileSync(this.path, "")));
  }

  get source(): LogSource {
    return { attempt: 0, logPath: this.path, clock: new SystemClock(), hasEnded: () => this.hasEnded };
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

async function read(log: Log, filter: Partial<LogsRequest> = {}): Promise<readonly string[]> {
  const texts: string[] = [];
  const request = LogsRequest.fromPartial(filter);
  for await (const { data } of readLog(log.source, request, AbortSignal.timeout(5000)))
    texts.push(Buffer.from(data).toString());
  return texts;
}

describe("CRI log lines", () => {
  it("come back as they were written, bytes and nanoseconds", () => {
    const written = {
      timeUnixNano: START + 123_456_789n,
      stream: "stderr",
      isPartial: true,
      data: Buffer.from([0, 255, 32]),
    } as const;
    const parsed = parseCriLine(formatCriLine(written).subarray(0, -1));
    expect({ ...parsed, data: Buffer.from(parsed?.data ?? []) }).to.deep.equal(written);
  });

  it("are read with fewer digits and with a zone", () => {
    const parsed = parseCriLine(Buffer.from("2030-01-01T02:00:00.5+02:00 stdout F x"));
    expect(parsed?.timeUnixNano).to.equal(START + SECOND / 2n);
  });

  it("are left out when they are torn", () => {
    expect(parseCriLine(Buffer.from("2030-01-01T00:0"))).to.equal(undefined);
  });
});

describe("readLog", () => {
  it("yields whole lines with stream, time and line end", async () => {
    using log = new Log(line("a", 0), line("b", 1, { stream: "stderr" }));
    const chunks = [];
    for await (const chunk of readLog(log.source, LogsRequest.fromPartial({}), AbortSignal.timeout(5000)))
      chunks.push(chunk);
    expect(chunks.map(({ stream, partial, timeUnixNano }) => [stream, partial, timeUnixNano])).to.deep.equal([
      [1, false, START],
      [2, false, START + SECOND],
    ]);
    expect(chunks.map(({ data }) => Buffer.from(data).toString())).to.deep.equal(["a\n", "b\n"]);
  });

  it("cuts long lines into chunks of 32 KiB", async () => {
    using log = new Log(line("x".repeat(40_000), 0));
    expect((await read(log)).map((text) => text.length)).to.deep.equal([32_768, 40_001 - 32_768]);
  });

  it("finds the tail across rotated files, counting lines and not their parts", async () => {
    using log = new Log(line("1", 0), line("2", 1));
    await log.rotate();
    log.append(line("3a", 2, { isPartial: true }), line("3b", 2), line("4", 3));
    expect(await read(log, { tailLines: 3n })).to.deep.equal(["2\n", "3a", "3b\n", "4\n"]);
    expect(await read(log, { tailLines: 2n })).to.deep.equal(["3a", "3b\n", "4\n"]);
    expect(await read(log, { tailLines: 0n })).to.deep.equal([]);
    expect(await read(log, { tailLines: 99n })).to.have.length(5);
  });

  it("finds the tail of a log of many blocks", async () => {
    const lines = Array.from({ length: 5000 }, (_, index) => line(`line ${index} ${"y".repeat(index % 97)}`, index));
    using log = new Log(...lines);
    const tail = await read(log, { tailLines: 4321n });
    expect(tail).to.have.length(4321);
    expect(tail[0]).to.match(/^line 679 /);
  });

  it("leaves out what is older, takes the tail first, and cuts at the limit in mid-line", async () => {
    using log = new Log(line("old", 0), line("new", 10), line("newer", 20));
    const sinceTime = new Date(Date.UTC(2030, 0, 1, 0, 0, 10));
    expect(await read(log, { sinceTime })).to.deep.equal(["new\n", "newer\n"]);
    expect(await read(log, { sinceTime, tailLines: 1n })).to.deep.equal(["newer\n"]);
    expect(await read(log, { limitBytes: 6n })).to.deep.equal(["old\n", "ne"]);
  });

  it("goes on behind a cursor, in mid-line and across a rotation too", async () => {
    using log = new Log(line("1", 0), line("2", 1), line("z".repeat(40_000), 2), line("4", 3));
    const cursors: Uint8Array[] = [];
    for await (const { cursor } of readLog(log.source, LogsRequest.fromPartial({}), AbortSignal.timeout(5000)))
      cursors.push(cursor);
    await log.rotate();
    log.append(line("5", 4));
    expect(await read(log, { cursor: cursors[0] ?? new Uint8Array(), tailLines: 1n })).to.have.length(5);
    const rest = await read(log, { cursor: cursors[2] ?? new Uint8Array() });
    expect(rest.map((text) => text.length)).to.deep.equal([40_001 - 32_768, 2, 2]);
  });

  for (const cursor of ["nonsense", "1/1/0/0", "0/7/0/0"]) {
    it(`refuses the cursor ${cursor}`, async () => {
      using log = new Log(line("1", 0));
      const error: unknown = await read(log, { cursor: Buffer.from(cursor) }).catch((thrown: unknown) => thrown);
      expect(error).to.have.property("reason", "BAD_REQUEST");
    });
  }

  it("follows across rotations until the instance has ended and all was read", async () => {
    using log = new Log(line("1", 0));
    log.hasEnded = false;
    const seen: string[] = [];
    const request = LogsRequest.fromPartial({ follow: true });
    for await (const { data } of readLog(log.source, request, AbortSignal.timeout(5000))) {
      const text = Buffer.from(data).toString();
      seen.push(text);
      if (text === "1\n") {
        log.append(line("2", 1));
        await log.rotate();
        log.append(line("3", 2));
      }
      if (text === "3\n") {
        log.append(line("4", 3));
        log.hasEnded = true;
      }
    }
    expect(seen).to.deep.equal(["1\n", "2\n", "3\n", "4\n"]);
  });

  it("waits for a log that is not there yet", async () => {
    using log = new Log(line("1", 0));
    const hidden = `${log.path}.hidden`;
    renameSync(log.path, hidden);
    log.hasEnded = false;
    const reading = read(log, { follow: true });
    setImmediate(() => {
      renameSync(hidden, log.path);
      log.hasEnded = true;
    });
    expect(await reading).to.deep.equal(["1\n"]);
  });

  it("ends with the reader's signal", async () => {
    using log = new Log();
    log.hasEnded = false;
    const request = LogsRequest.fromPartial({ follow: true });
    const reading = readLog(log.source, request, AbortSignal.abort(new Error("gone"))).next();
    expect(await reading.catch((error: unknown) => error)).to.be.instanceOf(Error);
  });
});

describe("rotateLog", () => {
  it("keeps so many files and leaves small ones alone", async () => {
    using log = new Log(line("0", 0));
    for (let index = 1; index <= 5; index += 1) {
      await log.rotate({ rotateBytes: 1, files: 3 });
      log.append(line(String(index), index));
    }
    expect(readdirSync(dirname(log.path)).toSorted()).to.deep.equal(["0.log", "0.log.4", "0.log.5"]);
    await log.rotate({ rotateBytes: 1000, files: 3 });
    expect(await read(log)).to.deep.equal(["3\n", "4\n", "5\n"]);
  });

  it("takes the rename back when the writer cannot open a new file", async () => {
    using log = new Log(line("0", 0));
    const failing = rotateLog(
      log.path,
      { rotateBytes: 1, files: 3 },
      async () => await Promise.reject(new Error("no")),
    );
    expect(await failing.catch((error: unknown) => error)).to.be.instanceOf(Error);
    expect(readdirSync(dirname(log.path))).to.deep.equal(["0.log"]);
  });
});
