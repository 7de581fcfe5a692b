/** The program of the infra container, run without a container. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { arch, tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { eventually } from "@outboard/provider-sdk/testing";
import { sleeperProgram } from "./sleeper.js";
import { tarOfProgram } from "./tar.js";

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

describe("the program that holds a pod's namespaces", () => {
  it("waits without work, ignores the ends of children, and ends when it is killed", async function () {
    const program = sleeperProgram(ARCHITECTURES[arch()] ?? "");
    if (program === undefined || process.platform !== "linux") return this.skip();
    const folder = mkdtempSync(join(tmpdir(), "obd-sleeper-"));
    const path = join(folder, "sleep");
    writeFileSync(path, program, { mode: 0o755 });
    const child = spawn(path, { stdio: "ignore" });
    const ended = new Promise<string | null>((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
    const status = await eventually(() => {
      const text = readFileSync(`/proc/${String(child.pid)}/status`, "utf8");
      return text.includes("State:\tS") ? text : undefined;
    });
    const ignored = BigInt(`0x${/^SigIgn:\t(\w+)$/m.exec(status)?.[1] ?? "0"}`);
    expect(ignored & (1n << 16n)).to.equal(1n << 16n);
    child.kill("SIGKILL");
    expect(await ended).to.equal("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  it("is a static ELF file of a few hundred bytes for each architecture, and of no other", () => {
    for (const [name, machine] of [
      ["amd64", 62],
      ["arm64", 183],
    ] as const) {
      const program = sleeperProgram(name);
      expect(program?.subarray(0, 4).toString("latin1")).to.equal("\x7fELF");
      expect(program?.readUInt16LE(18)).to.equal(machine);
      expect(program?.length).to.be.below(300);
    }
    expect(sleeperProgram("riscv64")).to.equal(undefined);
  });

  it("is packed as an executable file of an archive whose checksum is right", () => {
    const archive = tarOfProgram("sleep", Buffer.from("content"));
    expect(archive.length % 512).to.equal(0);
    const header = Buffer.from(archive.subarray(0, 512));
    expect(header.toString("latin1", 0, 5)).to.equal("sleep");
    expect(Number.parseInt(header.toString("latin1", 100, 107), 8)).to.equal(0o755);
    expect(Number.parseInt(header.toString("latin1", 124, 135), 8)).to.equal(7);
    const sum = Number.parseInt(header.toString("latin1", 148, 154), 8);
    header.fill(" ", 148, 156);
    expect(header.reduce((total, byte) => total + byte, 0)).to.equal(sum);
  });
});
