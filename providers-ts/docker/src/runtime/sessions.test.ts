/** Exec, attach, connections and figures on real engines. */
import { once } from "node:events";
import type { TerminalSize } from "@outboard/contract";
import type { SessionIO } from "@outboard/provider-sdk";
import { expect } from "chai";
import { eventually, collectIO } from "@outboard/provider-sdk/testing";
import { describeEngines } from "../testing/engines.js";

async function* bytesOf(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

/** Input that comes when it is pushed, and ends when it is told. */
class Input {
  readonly #queue: Uint8Array[] = [];
  #isOver = false;
  #wake = (): void => {};

  push(text: string): void {
    this.#queue.push(Buffer.from(text));
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = this.#queue.shift();
      if (next !== undefined) yield next;
      else if (this.#isOver) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

async function* sizes(...all: readonly TerminalSize[]): AsyncGenerator<TerminalSize> {
  for (const size of all) yield await Promise.resolve(size);
}

describeEngines("sessions on a container engine", import.meta.filename, (stage) => {
  let uid = "";
  let signal = new AbortController().signal;
  beforeEach(() => (signal = new AbortController().signal));

  before(async () => {
    const { world } = stage;
    const pod = await world.pod();
    uid = pod.uid;
    await world.runtime.startContainer(world.container(pod, "trap 'exit 0' TERM; while :; do sleep 0.1; done"));
  });

  async function exec(
    words: readonly string[],
    io: SessionIO & { readonly text: () => { readonly out: string; readonly err: string } },
  ): Promise<{ readonly out: string; readonly err: string; readonly exitCode: number | undefined }> {
    const { exitCode } = await stage.world.runtime.exec(uid, "main", 0, words, io, signal);
    return { ...io.text(), exitCode };
  }

  it("keeps the streams of a command apart and tells its exit code", async () => {
    const words = ["sh", "-c", 'echo "$1"; echo e >&2; exit 3', "sh", "a  'b'"];
    expect(await exec(words, collectIO())).to.deep.equal({ out: "a  'b'\n", err: "e\n", exitCode: 3 });
  });

  it("hands input on to a command and ends it", async () => {
    expect(await exec(["wc", "-c"], collectIO(bytesOf("abc", "de")))).to.deep.include({ out: "5\n", exitCode: 0 });
  });

  it("carries a megabyte both ways unchanged", async () => {
    const big = "0123456789abcdef".repeat(65_536);
    const { out, exitCode } = await exec(["cat"], collectIO(bytesOf(big)));
    expect(exitCode).to.equal(0);
    expect(out === big).to.equal(true);
  });

  it("gives a command a terminal of the asked size, and of the next", async () => {
    const terminal = { size: { width: 101, height: 31 }, resizes: sizes({ width: 123, height: 45 }) };
    const io = { ...collectIO(), terminal };
    const words = [
      "sh",
      "-c",
      "until stty size 2>/dev/null | grep -q '45 123'; do sleep 0.1; done; stty size; [ -t 1 ] && echo tty",
    ];
    expect(await exec(words, io)).to.deep.equal({ out: "45 123\r\ntty\r\n", err: "", exitCode: 0 });
  });

  it("does not take control keys as its own", async () => {
    const input = new Input();
    const io = { ...collectIO(input), terminal: { resizes: sizes() } };
    const session = exec(["sh", "-c", "stty raw -echo; echo ready; head -c 4 | od -An -tx1"], io);
    await eventually(() => io.text().out.includes("ready"));
    input.push("a\u0010\u0011b");
    const { out, exitCode } = await session;
    expect(exitCode).to.equal(0);
    expect(out.replaceAll(/\s+/g, " ")).to.contain("61 10 11 62");
  });

  it("tells when a command is not there", async () => {
    const io = collectIO();
    const result = await stage.world.runtime
      .exec(uid, "main", 0, ["no-such-thing"], io, signal)
      .catch((error: Error) => ({ exitCode: 127, text: error.message }));
    expect(result.exitCode).to.be.oneOf([126, 127]);
    expect(`${io.text().out}${io.text().err}${JSON.stringify(result)}`).to.contain("no-such-thing");
  });

  it("ends a command whose client is gone", async () => {
    const gone = new AbortController();
    const session = stage.world.runtime.exec(uid, "main", 0, ["sleep", "4321"], collectIO(), gone.signal);
    const count = async (): Promise<string> =>
      (await exec(["sh", "-c", "ps -o args | grep -c '[s]leep 4321'"], collectIO())).out;
    await eventually(async () => (await count()) === "1\n");
    gone.abort();
    expect(await session).to.have.property("error");
    await eventually(async () => (await count()) === "0\n");
  });

  it("attaches to a container: output as it comes, input once, the exit code", async () => {
    const { world } = stage;
    const pod = await world.pod();
    const spec = world.container(pod, "read line; echo got $line; echo e >&2; cat >/dev/null; exit 5", {
      stdin: true,
      stdinOnce: true,
    });
    await world.runtime.startContainer(spec);
    const input = new Input();
    const io = collectIO(input);
    const session = world.runtime.attach(pod.uid, "main", 0, io, signal);
    input.push("hello\n");
    await eventually(() => io.text().out === "got hello\n");
    input.end();
    expect(await session).to.deep.equal({ exitCode: 5 });
    expect(io.text()).to.deep.equal({ out: "got hello\n", err: "e\n" });
    await world.end(pod.uid);
    expect(world.output(pod)).to.contain("got hello");
    await world.runtime.removePod(pod.uid);
  });

  it("ends a session with a container that ended as it was attached to, whose exit stays known", async () => {
    const { world } = stage;
    const pod = await world.pod();
    await world.runtime.startContainer(world.container(pod, "exit 3"));
    await world.end(pod.uid);
    expect(await world.runtime.attach(pod.uid, "main", 0, collectIO(), signal)).to.deep.equal({ exitCode: 3 });
    const [container] = (await world.runtime.list()).find((one) => one.uid === pod.uid)?.containers ?? [];
    expect(container?.exit?.exitCode).to.equal(3);
    await world.runtime.removePod(pod.uid);
  });

  it("attaches to a terminal, and leaves the container alone when the client goes", async () => {
    const { world } = stage;
    const pod = await world.pod();
    const text = "stty size; while read line; do echo got $line; stty size; done";
    await world.runtime.startContainer(world.container(pod, text, { stdin: true, tty: true }));
    const gone = new AbortController();
    const input = new Input();
    const io = { ...collectIO(input), terminal: { size: { width: 111, height: 22 }, resizes: sizes() } };
    const session = world.runtime.attach(pod.uid, "main", 0, io, gone.signal);
    await eventually(() => {
      input.push("x\n");
      return io.text().out.includes("22 111");
    });
    gone.abort();
    expect(await session).to.have.property("error");
    expect((await world.runtime.list()).find((one) => one.uid === pod.uid)?.containers[0]?.exit).to.equal(undefined);
    await world.runtime.stopContainer(pod.uid, "main", 0, { graceMs: 0 });
    expect(world.output(pod)).to.contain("got x\r");
    await world.runtime.removePod(pod.uid);
  });

  it("reaches ports of a pod, those on its loopback too, and says when one is refused", async () => {
    const { world } = stage;
    const pod = await world.pod();
    await world.runtime.startContainer(world.container(pod, "echo hello >/tmp/f; httpd -f -p 127.0.0.1:8080 -h /tmp"));
    const connection = await eventually(async () => await world.runtime.dial(pod.uid, 8080).catch(() => undefined));
    const chunks: Buffer[] = [];
    connection.on("data", (chunk: Buffer) => chunks.push(chunk));
    connection.write("GET /f HTTP/1.0\r\n\r\n");
    await once(connection, "end");
    expect(Buffer.concat(chunks).toString()).to.match(/ 200 OK[^]*\r\n\r\nhello\n$/);
    connection.destroy();
    const refused = await world.runtime.dial(pod.uid, 8081).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(Error);
    await world.runtime.removePod(pod.uid);
  });

  it("has figures of running containers", async () => {
    const { containers } = await stage.world.runtime.stats(uid);
    expect(containers.map(({ name }) => name)).to.deep.equal(["main"]);
    expect(Number(containers[0]?.cpuUsageNanos)).to.be.above(0);
    expect(Number(containers[0]?.memoryWorkingSetBytes)).to.be.above(0);
  });

  it("changes limits of a running container, or says that the engine cannot", async () => {
    const resources = { requests: new Map([["cpu", "100m"]]), limits: new Map([["memory", String(64 << 20)]]) };
    const change = stage.world.runtime.updateResources(uid, "main", 0, resources);
    if (stage.name === "podman") {
      expect(await change.catch((error: Error) => error.message)).to.be.a("string");
      return;
    }
    await change;
    const name = (await stage.world.containers()).find((one) => one.includes(uid) && one.startsWith("outboard_main"));
    const format = "{{.HostConfig.Memory}} {{.HostConfig.CpuShares}}";
    expect(await stage.engine.command("inspect", "--format", format, name ?? "")).to.equal(`${String(64 << 20)} 102\n`);
  });
});
