/** Instances from start to end, with the isolation that this machine allows and without any. */
import { readFileSync, readdirSync, renameSync } from "node:fs";
import { expect } from "chai";
import { RuntimeError } from "@outboard/provider-sdk";
import { eventually } from "@outboard/provider-sdk/testing";
import { World } from "../testing/world.js";

for (const isolation of ["auto", "none"] as const) {
  describe(`life of an instance, isolation ${isolation}`, function () {
    this.timeout(30_000);
    let world: World;
    before(async () => {
      world = await World.open({ isolation });
    });
    after(async () => {
      await world[Symbol.asyncDispose]();
      expect(world.leftovers()).to.deep.equal([]);
    });

    it("keeps exit codes", async () => {
      for (const code of [0, 1, 7, 126, 127, 255]) {
        const { exit } = await world.run(`exit ${String(code)}`);
        expect(exit.exitCode).to.equal(code);
        expect(exit.reason).to.equal("");
      }
    });

    it("tells a death by signal as 128 and its number", async () => {
      const { exit } = await world.run("sh -c 'kill -SEGV $$'; exit $?");
      expect(exit.exitCode).to.equal(139);
    });

    it("writes both streams in order as CRI log lines, long ones in parts, the last without newline too", async () => {
      const { output } = await world.run("echo one; echo two >&2; head -c 20000 /dev/zero | tr '\\0' x; printf end");
      const lines = output.split("\n").filter(Boolean);
      expect(lines[0]).to.equal("one");
      expect(output).to.match(/^\S+ stdout P x{16384}$/m);
      expect(output).to.match(/^x{3616}end$/m);
    });

    it("lets a container open its standard streams again", async () => {
      const { output, exit } = await world.run("echo a >/dev/stdout && echo b >/proc/self/fd/2");
      expect(output).to.equal("a\nb\n");
      expect(exit.exitCode).to.equal(0);
    });

    it("hands over the environment byte by byte and nothing else", async () => {
      const value = Buffer.from([0x20, 0x27, 0xff, 0x0a, 0x5c, 0x24, 0x60]);
      const env = [
        ["BYTES", value],
        ["my.dotted-name", Buffer.from("dotted")],
        ["LC_ALL", Buffer.from("C")],
        ["OPTIND", Buffer.from("no number")],
        ["TWICE", Buffer.from("first")],
        ["TWICE", Buffer.from("second")],
      ] as const;
      const sandbox = world.sandbox();
      await world.runtime.createSandbox(sandbox);
      await world.runtime.startContainer(world.container(sandbox, ["/usr/bin/env", "-0"], { env }));
      await world.end(sandbox.uid);
      const seen = world
        .output(sandbox)
        .split("\0")
        .filter((entry) => entry.trim() !== "");
      expect(seen.toSorted()).to.deep.equal(
        [
          `BYTES=${value.toString("latin1")}`,
          "HOME=/root",
          "HOSTNAME=pod-host",
          "LC_ALL=C",
          "OPTIND=no number",
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          "TWICE=second",
          "my.dotted-name=dotted",
        ].toSorted(),
      );
      await world.runtime.removePod(sandbox.uid);
    });

    it("passes words with blanks, quotes and newlines untouched", async () => {
      const words = ["printf", "<%s>", "a b", "it's", "x\ny", "", "$HOME", "ü"];
      const sandbox = world.sandbox();
      await world.runtime.createSandbox(sandbox);
      await world.runtime.startContainer(world.container(sandbox, words));
      await world.end(sandbox.uid);
      expect(Buffer.from(world.output(sandbox), "latin1").toString()).to.equal("<a b><it's><x\ny><><$HOME><ü>\n");
      await world.runtime.removePod(sandbox.uid);
    });

    it("refuses a command that is not there, as a start that failed, and leaves nothing of it", async () => {
      const sandbox = world.sandbox();
      await world.runtime.createSandbox(sandbox);
      for (const [command, text] of [
        ["/no/such", 'exec: "/no/such": stat /no/such: no such file or directory'],
        ["no-such", 'exec: "no-such": executable file not found in $PATH'],
        ["/etc/passwd", 'exec: "/etc/passwd": permission denied'],
      ] as const) {
        const failure: unknown = await world.runtime
          .startContainer(world.container(sandbox, [command]))
          .catch((error: unknown) => error);
        expect(failure).to.be.instanceOf(RuntimeError);
        expect((failure as RuntimeError).reason).to.equal("RunContainerError");
        expect((failure as RuntimeError).message).to.equal(text);
      }
      expect((await world.runtime.list())[0]?.containers).to.deep.equal([]);
      await world.runtime.removePod(sandbox.uid);
    });

    it("refuses images that no policy maps", async () => {
      const signal = new AbortController().signal;
      const failure: unknown = await world.runtime
        .ensureImage("nginx:1.29", "Always", [], signal)
        .catch((error: unknown) => error);
      expect((failure as RuntimeError).reason).to.equal("ErrImagePull");
      expect((failure as RuntimeError).message).to.contain('image "nginx:1.29" cannot run');
      const image = await world.runtime.ensureImage("outboard.dev/host", "Never", [], signal);
      expect(image.imageId).to.match(/^host:\/\/sha256:[0-9a-f]{64}$/);
    });

    it("stops with the signal asked for, and lets the container end in its own way", async () => {
      const sandbox = world.sandbox();
      await world.runtime.createSandbox(sandbox);
      const text = "trap 'echo bye; exit 9' USR1; echo ready; while :; do sleep 0.1; done";
      await world.runtime.startContainer(world.container(sandbox, ["sh", "-c", text]));
      await eventually(() => world.output(sandbox).includes("ready") || undefined);
      await world.runtime.stopContainer(sandbox.uid, "main", 0, { graceMs: 20_000, signal: "SIGUSR1" });
      expect((await world.end(sandbox.uid)).exit.exitCode).to.equal(9);
      expect(world.output(sandbox)).to.equal("ready\nbye\n");
      await world.runtime.stopContainer(sandbox.uid, "main", 0, { graceMs: 0 });
      await world.runtime.removePod(sandbox.uid);
    });

    it("kills everything of the container after the grace, also what left its session", async () => {
      const sandbox = world.sandbox();
      await world.runtime.createSandbox(sandbox);
      const text = "trap '' TERM; setsid sleep 86399 & sleep 86398 & echo ready; while :; do sleep 0.1; done";
      await world.runtime.startContainer(world.container(sandbox, ["sh", "-c", text]));
      await eventually(() => world.output(sandbox).includes("ready") || undefined);
      const stopped = world.runtime.stopContainer(sandbox.uid, "main", 0, { graceMs: 60_000 });
      await world.runtime.stopContainer(sandbox.uid, "main", 0, { graceMs: 100 });
      await stopped;
      expect((await world.end(sandbox.uid)).exit.exitCode).to.equal(137);
      expect(sleepers()).to.deep.equal([]);
      await world.runtime.removePod(sandbox.uid);
    });

    it("ends what the first process leaves behind", async () => {
      const { exit } = await world.run("setsid sleep 86399 & sleep 86398 & exit 4");
      expect(exit.exitCode).to.equal(4);
      expect(sleepers()).to.deep.equal([]);
    });

    it("reopens the log file after it was renamed", async () => {
      const sandbox = world.sandbox();
      await world.runtime.createSandbox(sandbox);
      const text = "echo before; read line; echo after; sleep 60";
      await world.runtime.startContainer(world.container(sandbox, ["sh", "-c", text], { stdin: true }));
      await eventually(() => world.output(sandbox).includes("before") || undefined);
      renameSync(world.logPath(sandbox, "main", 0), `${world.logPath(sandbox, "main", 0)}.old`);
      await world.runtime.reopenLog(sandbox.uid, "main", 0);
      const never = new AbortController();
      const io = {
        stdin: (async function* () {
          yield Buffer.from("go\n");
          await new Promise((resolve) => never.signal.addEventListener("abort", resolve));
        })(),
        stdout: () => Promise.resolve(),
        stderr: () => Promise.resolve(),
      };
      const attached = world.runtime.attach(sandbox.uid, "main", 0, io, never.signal);
      await eventually(() => world.output(sandbox) === "after\n" || undefined);
      never.abort();
      await attached;
      await world.runtime.removePod(sandbox.uid);
    });
  });
}

/** Processes of the tests above that nobody ended. */
function sleepers(): readonly string[] {
  return processCommands().filter((command) => /^sleep.8639[89]/s.test(command));
}

function processCommands(): readonly string[] {
  return readdirSync("/proc").flatMap((pid) => {
    try {
      return /^\d+$/.test(pid) ? [readFileSync(`/proc/${pid}/cmdline`, "latin1")] : [];
    } catch {
      return [];
    }
  });
}
