/** Commands in running containers, attaching, forwarded connections and usage figures. */
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import type { SandboxSpec } from "@outboard/provider-sdk";
import { collectIO, eventually } from "@outboard/provider-sdk/testing";
import { World } from "../testing/world.js";

for (const isolation of ["auto", "none"] as const) {
  describe(`sessions, isolation ${isolation}`, function () {
    this.timeout(30_000);
    let world: World;
    let pod: SandboxSpec;
    const signal = new AbortController().signal;

    before(async () => {
      world = await World.open({ isolation });
      pod = world.sandbox();
      await world.runtime.createSandbox(pod);
      const text = "while read line; do echo got $line; done; exit 5";
      const env = [["SECRET", Buffer.from([0xfe, 0x41])]] as const;
      const stdin = { stdin: true, stdinOnce: true };
      await world.runtime.startContainer(
        world.container(pod, ["sh", "-c", text], { env, ...stdin, workingDir: "/usr/bin" }),
      );
    });
    after(async () => {
      await world[Symbol.asyncDispose]();
      expect(world.leftovers()).to.deep.equal([]);
    });

    const exec = async (command: readonly string[], input?: AsyncIterable<Uint8Array>) => {
      const io = collectIO(input);
      const exit = await world.runtime.exec(pod.uid, "main", 0, command, io, signal);
      return { exit, ...io.text() };
    };

    it("runs a command with the container's environment and folder, and tells its exit code", async () => {
      const { exit, out, err } = await exec([
        "sh",
        "-c",
        'printf %s "$SECRET" | od -An -tx1; pwd; echo err >&2; exit 3',
      ]);
      expect(exit).to.deep.equal({ exitCode: 3 });
      expect(out).to.equal(" fe 41\n/usr/bin\n");
      expect(err).to.equal("err\n");
    });

    it("adds nothing to the environment of a command", async () => {
      const { out } = await exec(["env"]);
      expect(out.split("\n").filter((line) => /^(PWD|OLDPWD|SHLVL|_)=/.test(line))).to.deep.equal([]);
    });

    it("hands standard input over whole, and its end", async () => {
      const big = Buffer.alloc(300_000, "x");
      const { exit, out } = await exec(
        ["wc", "-c"],
        (async function* () {
          await Promise.resolve();
          yield big;
          yield Buffer.from("end");
        })(),
      );
      expect(exit).to.deep.equal({ exitCode: 0 });
      expect(out.trim()).to.equal("300003");
    });

    it("brings large output whole although the command ended long before", async () => {
      const io = collectIO();
      let bytes = 0;
      const slow = {
        ...io,
        stdout: async (chunk: Uint8Array) => {
          bytes += chunk.length;
          await new Promise((resolve) => setImmediate(resolve));
        },
      };
      const exit = await world.runtime.exec(pod.uid, "main", 0, ["head", "-c", "3000000", "/dev/zero"], slow, signal);
      expect(exit).to.deep.equal({ exitCode: 0 });
      expect(bytes).to.equal(3_000_000);
    });

    it("tells the signal that ended a command", async () => {
      const { exit } = await exec(["sh", "-c", "kill -KILL $$"]);
      expect(exit).to.deep.equal({ exitCode: 137, signal: 9 });
    });

    it("ends the command when the client is gone", async () => {
      const gone = new AbortController();
      const io = collectIO();
      const running = world.runtime.exec(
        pod.uid,
        "main",
        0,
        ["sh", "-c", "echo started; sleep 86397"],
        io,
        gone.signal,
      );
      await eventually(() => io.text().out.includes("started") || undefined);
      gone.abort();
      expect((await running).exitCode).to.equal(undefined);
      await eventually(
        async () =>
          !(await exec(["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"])).out.includes("sleep 86397 ") ||
          undefined,
      );
    });

    it("gives a command a terminal of the size asked for", async function () {
      if (!world.machine.terminal) return skip(this, world.machine.notes.get("terminal"));
      const sizes = (async function* () {
        await new Promise(() => undefined);
        yield { width: 1, height: 1 };
      })();
      const io = { ...collectIO(), terminal: { size: { width: 101, height: 33 }, resizes: sizes } };
      const text = "sleep 0.3; test -t 0 && stty size && echo $TERM";
      const exit = await world.runtime.exec(pod.uid, "main", 0, ["sh", "-c", text], io, signal);
      expect(io.text()).to.deep.equal({ out: "33 101\r\nxterm\r\n", err: "" });
      expect(exit).to.deep.equal({ exitCode: 0 });
    });

    it("connects to a port that listens in the pod, with half a close each way", async () => {
      await using server = await echoServer();
      const socket = await world.runtime.dial(pod.uid, server.port);
      socket.end("ping");
      let text = "";
      for await (const bytes of socket) text += String(bytes);
      expect(text).to.equal("ping and the end");
    });

    it("refuses to connect to a port where nobody listens", async () => {
      const failure: unknown = await world.runtime.dial(pod.uid, 1).catch((error: unknown) => error);
      expect((failure as Error).message).to.contain("ECONNREFUSED");
    });

    it("tells usage of running containers", async () => {
      const stats = await world.runtime.stats(pod.uid);
      expect(stats.containers.map(({ name }) => name)).to.deep.equal(["main"]);
      expect(Number(stats.containers[0]?.memoryUsageBytes)).to.be.greaterThan(0);
      expect(Number(stats.containers[0]?.cpuUsageNanos)).to.be.greaterThan(0);
    });

    it("attaches from now on, hands input over, and tells the end of the container", async () => {
      const io = collectIO(
        (async function* () {
          await Promise.resolve();
          yield Buffer.from("one\ntwo\n");
        })(),
      );
      const exit = await world.runtime.attach(pod.uid, "main", 0, io, signal);
      expect(io.text()).to.deep.equal({ out: "got one\ngot two\n", err: "" });
      expect(exit).to.deep.equal({ exitCode: 5 });
      expect((await world.end(pod.uid)).exit.exitCode).to.equal(5);
    });

    it("refuses sessions with a container that has ended", async () => {
      const failure: unknown = await exec(["true"]).catch((error: unknown) => error);
      expect((failure as Error).message).to.equal("container main is not running");
    });
  });
}

function skip(context: Mocha.Context, reason: string | undefined): void {
  process.stdout.write(`      skipped: ${reason ?? "not here"}\n`);
  context.skip();
}

async function echoServer(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = "";
    socket.on("data", (bytes) => {
      text += String(bytes);
    });
    socket.on("end", () => socket.end(`${text} and the end`));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
