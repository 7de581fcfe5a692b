import { expect } from "chai";
import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describeEnclosed } from "@outboard/runtimes";
import type { SandboxSpec, SessionExit, SessionIO } from "@outboard/provider-sdk";
import { eventually } from "@outboard/provider-sdk/testing";
import { dialSpdy } from "./dial.js";
import { NEEDS, VERSIONS, World } from "../testing/world.js";

/** A session's streams, and what came over them. */
class Io implements SessionIO {
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly terminal?: NonNullable<SessionIO["terminal"]>;
  readonly #out: Buffer[] = [];
  readonly #err: Buffer[] = [];

  constructor(parts: Pick<SessionIO, "stdin" | "terminal"> = {}) {
    Object.assign(this, parts);
  }

  get out(): string {
    return Buffer.concat(this.#out).toString();
  }

  get err(): string {
    return Buffer.concat(this.#err).toString();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#out);
  }

  async stdout(bytes: Uint8Array): Promise<void> {
    this.#out.push(Buffer.from(bytes));
  }

  async stderr(bytes: Uint8Array): Promise<void> {
    this.#err.push(Buffer.from(bytes));
  }
}

async function* inputOf(...texts: readonly (string | Buffer)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

/** An input that says something and then stays open until the signal aborts. */
async function* openInput(text: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

const MIB = 1024 * 1024;

describeEnclosed({ title: "CriRuntime: exec, attach, port-forward", file: import.meta.filename, needs: NEEDS }, () => {
  for (const version of VERSIONS) {
    describe(version, function () {
      this.timeout(60_000);
      let world: World;
      let pod: SandboxSpec & { readonly id: string };

      before(async () => {
        world = await World.open(version);
        pod = await world.pod();
        await world.runtime.startContainer(world.container(pod, ["sleep", "1000"]));
      });

      after(async () => {
        await world[Symbol.asyncDispose]();
      });

      function exec(io: SessionIO, text: string, signal = new AbortController().signal): Promise<SessionExit> {
        return world.runtime.exec(pod.uid, "main", 0, ["sh", "-c", text], io, signal);
      }

      it("keeps the outputs of a command apart, and tells its exit code", async () => {
        const io = new Io();
        expect(await exec(io, "echo out; echo err >&2; exit 7")).to.deep.equal({ exitCode: 7 });
        expect([io.out, io.err]).to.deep.equal(["out\n", "err\n"]);
        expect(await exec(new Io(), "exit 0")).to.deep.equal({ exitCode: 0 });
      });

      async function run(text: string, seconds = 20, signal = new AbortController().signal) {
        return await world.runtime.run(pod.uid, "main", 0, ["sh", "-c", text], { seconds, signal });
      }

      async function countOf(command: string): Promise<string> {
        const end = await run(`ps -o args | grep -c "^${command}$"`);
        return Buffer.from(end?.stdout ?? []).toString();
      }

      it("runs a probe's command without a session", async () => {
        const end = await run("echo out; echo err >&2; exit 7");
        expect(end?.exitCode).to.equal(7);
        expect([end?.stdout, end?.stderr].map((bytes) => Buffer.from(bytes ?? []).toString())).to.deep.equal([
          "out\n",
          "err\n",
        ]);
      });

      it("says in the runtime's words why a probe's command cannot be run", async () => {
        const time = { seconds: 20, signal: new AbortController().signal };
        const end = world.runtime.run(pod.uid, "main", 0, ["/no/such"], time);
        const error = await end.then(
          () => undefined,
          (reason: unknown) => reason as Error,
        );
        expect(error?.message).to.match(/^rpc error: code = .* no such file/s);
      });

      it("kills a probe's command when its time is up, and when nobody waits for it", async () => {
        expect(await run("exec sleep 1001", 1)).to.equal(undefined);
        const ending = new AbortController();
        const end = run("exec sleep 1001", 60, ending.signal).catch(() => {});
        await eventually(async () => (await countOf("sleep 1001")) === "1\n");
        ending.abort();
        await end;
        await eventually(async () => (await countOf("sleep 1001")) === "0\n");
      });

      it("hands input over whole, and its end", async () => {
        const data = Buffer.alloc(3 * MIB, "0123456789abcde\n");
        const io = new Io({ stdin: inputOf(data.subarray(0, MIB), data.subarray(MIB)) });
        expect(await exec(io, "sha256sum")).to.deep.equal({ exitCode: 0 });
        expect(io.out.split(" ")[0]).to.equal(createHash("sha256").update(data).digest("hex"));
      });

      it("brings large output whole", async () => {
        const io = new Io();
        expect(await exec(io, "dd if=/dev/zero bs=1M count=8 2>/dev/null")).to.deep.equal({ exitCode: 0 });
        expect(io.bytes.equals(Buffer.alloc(8 * MIB))).to.equal(true);
      });

      it("gives a terminal of the size asked for, and changes it", async () => {
        const ended = new AbortController();
        const wider = Promise.withResolvers<void>();
        async function* resizes(): AsyncGenerator<{ width: number; height: number }> {
          await wider.promise;
          yield { width: 101, height: 33 };
          await new Promise((resolve) => ended.signal.addEventListener("abort", resolve, { once: true }));
        }
        const io = new Io({
          stdin: openInput("", ended.signal),
          terminal: { size: { width: 77, height: 22 }, resizes: resizes() },
        });
        const ending = exec(
          io,
          "until stty size | grep '22 77'; do sleep 0.05; done; until stty size | grep '33 101'; do sleep 0.05; done",
        );
        await eventually(() => io.out.includes("22 77"));
        wider.resolve();
        expect(await ending).to.deep.equal({ exitCode: 0 });
        expect(io.out).to.contain("33 101");
        ended.abort();
      });

      it("tells why a command could not be started", async () => {
        const signal = new AbortController().signal;
        const exit = await world.runtime.exec(pod.uid, "main", 0, ["/no/such"], new Io(), signal);
        expect(exit.exitCode ?? exit.error).to.satisfy(
          (told: unknown) => told === 127 || /no such file/.test(String(told)),
        );
      });

      it("waits for a reader that takes its time", async () => {
        let taken = 0;
        const io: SessionIO = {
          stdout: async (bytes) => {
            taken += bytes.length;
            await new Promise((resolve) => setImmediate(resolve));
          },
          stderr: async () => {},
        };
        expect(await exec(io, "dd if=/dev/zero bs=1M count=4 2>/dev/null")).to.deep.equal({ exitCode: 0 });
        expect(taken).to.equal(4 * MIB);
      });

      it("ends a session when it is aborted", async () => {
        const ending = new AbortController();
        const io = new Io({ stdin: openInput("hello\n", ending.signal) });
        const exit = exec(io, "cat", ending.signal);
        await eventually(() => io.out === "hello\n");
        ending.abort();
        expect(await exit).to.deep.equal({ error: "the session was ended" });
      });

      it("attaches to a container from now on, hands input over, and ends with the container", async () => {
        const spec = { name: "reader", stdin: true, stdinOnce: true };
        await world.runtime.startContainer(
          world.container(pod, ["sh", "-c", "while read line; do echo got $line; done; exit 4"], spec),
        );
        const io = new Io({ stdin: inputOf("one\n", "two\n") });
        const exit = await world.runtime.attach(pod.uid, "reader", 0, io, new AbortController().signal);
        expect(exit).to.deep.equal({ exitCode: 4 });
        expect(io.out).to.equal("got one\ngot two\n");
        expect((await world.end(pod.uid, "reader")).exit.exitCode).to.equal(4);
      });

      it("lets a container end whose sessions were cut while they began", async () => {
        const text = "trap 'exit 0' TERM; while :; do echo tick; sleep 0.02; done";
        await world.runtime.startContainer(world.container(pod, ["sh", "-c", text], { name: "ticks" }));
        const { signal } = new AbortController();
        const { containers } = await world.client.runtime.listContainers({ filter: undefined }, { signal });
        const containerId = containers.find(({ metadata }) => metadata?.name === "ticks")?.id ?? "";
        const cuts = Array.from({ length: 60 }, async (_, at) => {
          const channels = { stdin: false, stdout: true, stderr: true, tty: false };
          const { url } = await world.client.runtime.attach({ containerId, ...channels }, { signal });
          const connection = await dialSpdy(url, ["v4.channel.k8s.io"], signal);
          for (const streamtype of ["error", "stdout", "stderr"]) connection.open({ streamtype });
          for (let turns = 0; turns < at / 10; turns += 1) await nextTurn();
          connection.destroy();
        });
        await Promise.all(cuts);
        await world.runtime.stopContainer(pod.uid, "ticks", 0, { graceMs: 5_000 });
        expect((await world.end(pod.uid, "ticks")).exit.exitCode).to.equal(0);
      });

      it("connects to a port that listens in the pod, with half a close", async () => {
        const spec = { name: "echo" };
        await world.runtime.startContainer(world.container(pod, ["nc", "-ll", "-p", "9001", "-e", "cat"], spec));
        await eventually(async () => {
          const io = new Io();
          await exec(io, "netstat -ltn | grep -c :9001");
          return io.out === "1\n";
        });
        const socket = await world.runtime.dial(pod.uid, 9001);
        const sent = Buffer.alloc(MIB, "echo");
        socket.end(sent);
        const pieces: Buffer[] = [];
        for await (const piece of socket) pieces.push(piece as Buffer);
        expect(Buffer.concat(pieces).equals(sent)).to.equal(true);
      });

      it("refuses to connect to a port where nobody listens", async () => {
        const refusal = await connected().catch((error: unknown) => error);
        expect(refusal).to.be.an("error");

        /** The runtime's word may come after the silence that stands for a connection: then it breaks. */
        async function connected(): Promise<string> {
          let text = "";
          for await (const bytes of await world.runtime.dial(pod.uid, 9)) text += String(bytes);
          return text;
        }
      });

      it("tells that a command was not begun where the runtime is dead, and begins it once it is back", async () => {
        await world.containerd.kill();
        expect(await exec(new Io(), "true")).to.include({ isUnbegun: true });
        await world.containerd.restart();
        const exit = await eventually(async () => {
          const seen = await exec(new Io(), "exit 3");
          return seen.isUnbegun === true ? undefined : seen;
        });
        expect(exit).to.deep.equal({ exitCode: 3 });
      });
    });
  }
});
