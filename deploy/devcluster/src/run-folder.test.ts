import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { eventually } from "./eventually.js";
import { isAlive, markOf, type ProcessMark } from "./process-mark.js";
import { createRunFolder, keepOnlyLogs, pidFolder, sweepLeftovers } from "./run-folder.js";

const DEAD: ProcessMark = { pid: process.pid, startedAt: "not my start time" };

function sleeper(): ProcessMark {
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  const mark = markOf(child.pid ?? -1);
  if (mark === undefined) throw new Error("sleep did not start");
  return mark;
}

describe("sweepLeftovers", () => {
  let parent = "";
  beforeEach(() => (parent = mkdtempSync(join(tmpdir(), "outboard-sweep-"))));
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  it("ends the children and removes the folder of an owner that is gone", async () => {
    const folder = createRunFolder(parent);
    const child = sleeper();
    writeFileSync(join(pidFolder(folder), "etcd.json"), JSON.stringify(child));
    writeFileSync(join(folder, "owner.json"), JSON.stringify(DEAD));
    expect(sweepLeftovers(new Date(), parent)).to.deep.equal([folder]);
    await eventually(() => !isAlive(child), { message: "end of the child", timeoutMs: 2_000 });
    expect(existsSync(folder)).to.equal(false);
  });

  it("leaves the folder of a living owner alone", () => {
    const folder = createRunFolder(parent);
    expect(sweepLeftovers(new Date(), parent)).to.deep.equal([]);
    expect(existsSync(folder)).to.equal(true);
  });

  it("does not signal a process that only has the pid of a former child", () => {
    const folder = createRunFolder(parent);
    const stranger = sleeper();
    writeFileSync(join(pidFolder(folder), "etcd.json"), JSON.stringify({ ...stranger, startedAt: "1" }));
    writeFileSync(join(folder, "owner.json"), JSON.stringify(DEAD));
    sweepLeftovers(new Date(), parent);
    expect(isAlive(stranger)).to.equal(true);
    process.kill(stranger.pid, "SIGKILL");
  });

  it("keeps the logs of a failed run for a week", () => {
    const folder = createRunFolder(parent);
    writeFileSync(join(folder, "secret.key"), "x");
    keepOnlyLogs(folder);
    expect(existsSync(join(folder, "secret.key"))).to.equal(false);
    const days = (count: number): Date => new Date(Date.now() + count * 86_400_000);
    expect(sweepLeftovers(days(6), parent)).to.deep.equal([]);
    expect(sweepLeftovers(days(8), parent)).to.deep.equal([folder]);
  });
});
