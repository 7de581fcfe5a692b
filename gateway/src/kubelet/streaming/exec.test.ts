import { expect } from "chai";
import { ProviderError, type SessionInput } from "../../ports/provider.js";
import { eventually, settled } from "../testing/eventually.js";
import { createPod, createPodView, RUNNING } from "../testing/pods.js";
import { cat, exitWith, silent, stderr, stdout } from "../testing/scripted-streams.js";
import {
  createTestPki,
  providerInfo,
  type ServerUnderTest,
  startServer,
  type TestPki,
} from "../testing/server-under-test.js";
import { dialSpdy, dialWebSocket, type Dialler, statusOf, stopNow } from "./testing/dial.js";
import type { SpdyClient } from "./testing/spdy-client.js";
import { ResetCode, FrameType } from "./spdy/frames.js";

const CAPABILITIES = ["exec", "exec.tty", "exec.stdin", "attach", "attach.stdin", "attach.tty"];
const EXEC = "/exec/httpcap/p/c?command=run";
const ERROR = 1;

describe("exec and attach", () => {
  let pki: TestPki;
  let subject: ServerUnderTest;
  let dialler: Dialler;
  before(async () => {
    pki = await createTestPki();
  });
  beforeEach(async () => {
    subject = await startServer(pki, { provider: { info: () => providerInfo(CAPABILITIES) } });
    dialler = { pki, subject };
  });
  afterEach(() => stopNow(subject));

  /** Opens the streams that Go's client would, in its order; ids by name. */
  async function spdy(
    query: string,
    protocol = "v4.channel.k8s.io",
  ): Promise<{ client: SpdyClient; ids: Record<string, number> }> {
    const client = await dialSpdy(dialler, `${EXEC}${query}`, protocol);
    const names = { stdin: "input", stdout: "output", stderr: "error", resize: "tty" };
    const asked = Object.entries(names).flatMap(([name, word]) => (query.includes(`${word}=1`) ? [name] : []));
    const ids: Record<string, number> = {};
    for (const streamtype of ["error", ...asked]) ids[streamtype] = await client.open({ streamtype });
    return { client, ids };
  }

  describe("over SPDY", () => {
    it("sends both outputs, then the exit code, then waits for the client to hang up", async () => {
      subject.streams.run(() => exitWith(3, stdout("out"), stderr("err")));
      const { client, ids } = await spdy("&output=1&error=1");
      expect(await statusOf(() => client.received(ERROR))).to.deep.equal({
        metadata: {},
        status: "Failure",
        message: "command terminated with non-zero exit code: exit status 3",
        reason: "NonZeroExitCode",
        details: { causes: [{ reason: "ExitCode", message: "3" }] },
      });
      expect(client.received(ids["stdout"] ?? 0)).to.equal("out");
      expect(client.received(ids["stderr"] ?? 0)).to.equal("err");
      await eventually("the error stream ends", () => client.finished(ERROR));
      expect(client.controls(FrameType.goAway)).to.deep.equal([]);
      client.write(client.goAway());
      await eventually("the server hangs up", () => client.ended);
      expect(subject.streams.orders).to.deep.equal([
        { uid: "uid-p", container: "c", command: ["run"], stdin: false, stdout: true, stderr: true, tty: false },
      ]);
    });

    it("says goodbye first when the client does not hang up", async () => {
      const { client } = await spdy("&output=1");
      await eventually("the error stream ends", () => client.finished(ERROR));
      await eventually("it waits", () => subject.clock.sleepers() > 2);
      subject.clock.advance(2_000);
      await eventually("goodbye", () => client.ended);
      expect(client.frames.at(-1)).to.include({ kind: "control", type: FrameType.goAway });
    });

    it("carries standard input to its end", async () => {
      subject.streams.run(cat);
      const { client, ids } = await spdy("&input=1&output=1");
      const stdin = ids["stdin"] ?? 0;
      client.write(
        Buffer.concat([client.data(stdin, "one "), client.data(stdin, "two"), client.data(stdin, "", true)]),
      );
      await statusOf(() => client.received(ERROR));
      expect(client.received(ids["stdout"] ?? 0)).to.equal("one two");
    });

    it("gives the terminal's first size at the start, and later ones as they come", async () => {
      const inputs: SessionInput[] = [];
      subject.streams.run(async function* (_order, input) {
        for await (const each of input) {
          inputs.push(each);
          if (each.kind === "resize") break;
        }
        yield* exitWith(0);
      });
      const { client, ids } = await spdy("&input=1&output=1&tty=1");
      const resize = ids["resize"] ?? 0;
      client.write(client.data(resize, '{"Width":100,"Height":30}\n'));
      await eventually("it starts", () => subject.streams.orders.length === 1);
      expect(subject.streams.orders[0]).to.deep.include({ tty: true, stderr: false, size: { width: 100, height: 30 } });
      client.write(Buffer.concat([client.data(resize, '{"Width":13'), client.data(resize, '3,"Height":41}\n')]));
      await statusOf(() => client.received(ERROR));
      expect(inputs).to.deep.equal([{ kind: "resize", size: { width: 133, height: 41 } }]);
    });

    it("starts a terminal whose client says no size", async () => {
      const { client } = await spdy("&output=1&tty=1");
      await eventually("it waits", () => subject.clock.sleepers() > 2);
      subject.clock.advance(500);
      expect(await statusOf(() => client.received(ERROR))).to.have.property("status", "Success");
      expect(subject.streams.orders[0]).to.not.have.property("size");
    });

    it("tells why a command could not be run", async () => {
      subject.streams.fail(new ProviderError("no such file", { reason: "NOT_RUNNING" }));
      const { client } = await spdy("&output=1");
      const message = "error executing command in container: no such file";
      expect(await statusOf(() => client.received(ERROR))).to.deep.equal({
        metadata: {},
        status: "Failure",
        message: `Internal error occurred: ${message}`,
        reason: "InternalError",
        details: { causes: [{ message }] },
        code: 500,
      });
    });

    it("never takes silence for success", async () => {
      subject.streams.run(async function* () {
        yield stdout("half");
      });
      const { client } = await spdy("&output=1");
      expect(await statusOf(() => client.received(ERROR))).to.include({ status: "Failure", reason: "InternalError" });
      subject.streams.run(async function* () {
        yield stdout("half");
        throw new Error("secret text of a library");
      });
      const { client: other } = await spdy("&output=1");
      const status = await statusOf(() => other.received(ERROR));
      expect(status).to.include({ status: "Failure" });
      expect(JSON.stringify(status)).to.include("the session broke off").and.not.include("secret");
    });

    it("shows a signal as a shell does", async () => {
      subject.streams.run(async function* () {
        yield { kind: "exit", exit: { kind: "signal", signal: 9 } };
      });
      const { client } = await spdy("&output=1");
      expect(await statusOf(() => client.received(ERROR))).to.have.nested.property("details.causes[0].message", "137");
    });

    it("speaks plain text before v4", async () => {
      subject.streams.run(() => exitWith(2));
      const { client } = await spdy("&output=1", "v3.channel.k8s.io");
      await eventually("the error stream ends", () => client.finished(ERROR));
      expect(client.received(ERROR)).to.equal("command terminated with non-zero exit code: exit status 2");
      subject.streams.run(() => exitWith(0));
      const { client: good } = await spdy("&output=1", "channel.k8s.io");
      await eventually("the error stream ends", () => good.finished(ERROR));
      expect(good.received(ERROR)).to.equal("");
    });

    it("holds the command back while the client does not read, and loses nothing", async () => {
      let taken = 0;
      subject.streams.run(async function* () {
        for (; taken < 1_000; taken++) yield { kind: "stdout", data: Buffer.alloc(32_768, "x") };
        yield* exitWith(0);
      });
      const { client, ids } = await spdy("&output=1");
      client.socket.pause();
      expect(await settled("the command rests", () => taken)).to.be.lessThan(500);
      client.socket.resume();
      await statusOf(() => client.received(ERROR));
      expect(client.received(ids["stdout"] ?? 0).length).to.equal(32_768_000);
    });

    it("holds the client back while the command does not read", async () => {
      subject.streams.run(silent);
      const { client, ids } = await spdy("&input=1");
      const frame = client.data(ids["stdin"] ?? 0, Buffer.alloc(100_000));
      let sent = 0;
      const pump = (): void => {
        while (sent < 1_000) {
          sent += 1;
          if (!client.socket.write(frame)) return void client.socket.once("drain", pump);
        }
      };
      pump();
      expect(await settled("the client rests", () => sent)).to.be.lessThan(500);
      client.dispose();
      await eventually("a ping finds that the client is gone", () => {
        subject.clock.advance(10_000);
        return subject.streams.signals[0]?.aborted === true;
      });
    });

    it("ends the command when the client leaves, by GOAWAY or by a broken connection", async () => {
      subject.streams.run(silent);
      const leave = [(client: SpdyClient) => client.write(client.goAway()), (client: SpdyClient) => client.dispose()];
      for (const [index, leaves] of leave.entries()) {
        const { client } = await spdy("&output=1");
        await eventually("it runs", () => subject.streams.signals.length === index + 1);
        leaves(client);
        await eventually("the command is told", () => subject.streams.signals[index]?.aborted === true);
      }
    });

    it("resets streams that it does not expect", async () => {
      subject.streams.run(silent);
      const { client } = await spdy("&output=1");
      client.write(await client.syn(5, { streamtype: "stdin" }));
      client.write(await client.syn(7, { streamtype: "error" }));
      await eventually("both are reset", () => client.controls(FrameType.rstStream).length === 2);
      expect(client.controls(FrameType.rstStream)).to.deep.equal([
        [5, ResetCode.cancel],
        [7, ResetCode.cancel],
      ]);
    });

    it("gives up when streams do not come in time, with an error where it can", async () => {
      const client = await dialSpdy(dialler, `${EXEC}&output=1`);
      await client.open({ streamtype: "error" });
      subject.clock.advance(30_000);
      expect(await statusOf(() => client.received(ERROR))).to.have.property("status", "Failure");
      expect(subject.streams.orders).to.deep.equal([]);
    });

    it("ends with an error when nobody uses it for four hours", async () => {
      subject.streams.run(silent);
      const { client } = await spdy("&output=1");
      await eventually("it runs", () => subject.streams.signals.length === 1);
      subject.clock.advance(4 * 3_600_000);
      expect(JSON.stringify(await statusOf(() => client.received(ERROR)))).to.include("nothing was sent");
    });
  });

  describe("over WebSocket", () => {
    it("sends an empty message, both outputs, the exit code and a close with 1000", async () => {
      subject.streams.run(() => exitWith(3, stdout("out"), stderr("err")));
      const client = await dialWebSocket(dialler, `${EXEC}&output=1&error=1`);
      await eventually("it closes", () => client.closeCode() !== undefined);
      expect(client.messages[0]).to.deep.equal(Buffer.from([1]));
      expect([client.channel(1), client.channel(2), client.closeCode()]).to.deep.equal(["out", "err", 1000]);
      expect(JSON.parse(client.channel(3))).to.have.nested.property("details.causes[0].message", "3");
    });

    it("ends standard input when a v5 client closes its channel", async () => {
      subject.streams.run(cat);
      const client = await dialWebSocket(dialler, `${EXEC}&input=1&output=1`);
      client.send(0, "to and fro");
      client.send(255, Buffer.from([0]));
      await eventually("it closes", () => client.closeCode() === 1000);
      expect(client.channel(1)).to.equal("to and fro");
    });

    for (const protocol of ["v4.base64.channel.k8s.io", "base64.channel.k8s.io"]) {
      it(`speaks ${protocol}`, async () => {
        subject.streams.run(async function* (_order, input) {
          for await (const each of input) if (each.kind === "stdin") break;
          yield* exitWith(0, stdout("grüße"));
        });
        const client = await dialWebSocket(dialler, `${EXEC}&input=1&output=1`, ["nobody.knows", protocol]);
        client.send(0, "go");
        await eventually("it closes", () => client.closeCode() === 1000);
        expect(Buffer.from(client.channel(1), "latin1").toString()).to.equal("grüße");
        expect(client.channel(3)).to.equal(protocol.startsWith("v4") ? '{"metadata":{},"status":"Success"}' : "");
      });
    }

    it("takes sizes of the terminal", async () => {
      subject.streams.run(async function* (_order, input) {
        for await (const each of input) if (each.kind === "resize") return yield* exitWith(each.size.width);
      });
      const client = await dialWebSocket(dialler, `${EXEC}&output=1&tty=1`, ["v4.channel.k8s.io"]);
      client.send(4, '{"Width":80,"Height":24}');
      await eventually("it starts", () => subject.streams.orders.length === 1);
      client.send(4, '{"Width":81,"Height":24}');
      await eventually("it closes", () => client.closeCode() === 1000);
      expect(client.channel(3)).to.include('"81"');
    });

    it("holds both sides back, and notices a client that is gone", async () => {
      let taken = 0;
      subject.streams.run(async function* (_order, _input, signal) {
        for (; taken < 2_000 && !signal.aborted; taken++) yield { kind: "stdout", data: Buffer.alloc(32_768) };
      });
      const client = await dialWebSocket(dialler, `${EXEC}&input=1&output=1`);
      client.socket.pause();
      expect(await settled("the command rests", () => taken)).to.be.lessThan(1_000);
      client.socket.terminate();
      await eventually("the command is told", () => subject.streams.signals[0]?.aborted === true);
    });

    it("ends with an error when nobody uses it for four hours", async () => {
      subject.streams.run(silent);
      const client = await dialWebSocket(dialler, `${EXEC}&output=1`);
      await eventually("it runs", () => subject.streams.signals.length === 1);
      subject.clock.advance(4 * 3_600_000);
      expect(JSON.stringify(await statusOf(() => client.channel(3)))).to.include("nothing was sent");
    });

    it("closes a client whose message is too large", async () => {
      subject.streams.run(silent);
      const client = await dialWebSocket(dialler, `${EXEC}&input=1`);
      client.socket.on("error", () => {});
      client.send(0, Buffer.alloc(2_000_000));
      await eventually("it closes", () => client.closeCode() === 1009);
      await eventually("the command is told", () => subject.streams.signals[0]?.aborted === true);
    });
  });

  it("tells every open session that the gateway stops", async () => {
    subject.streams.run(silent);
    const { client } = await spdy("&output=1");
    const webSocket = await dialWebSocket(dialler, `${EXEC}&output=1`);
    await eventually("both run", () => subject.streams.signals.length === 2);
    const closed = subject.server.close(3_000);
    for (const read of [() => client.received(ERROR), () => webSocket.channel(3)]) {
      const status = await statusOf(read);
      expect(status).to.include({ status: "Failure", reason: "InternalError" });
      expect(JSON.stringify(status)).to.include("the gateway is stopping");
    }
    client.dispose();
    await closed;
    expect(subject.streams.signals.every(({ aborted }) => aborted)).to.equal(true);
  });

  it("attaches with the container's terminal, whatever the client thinks", async () => {
    await stopNow(subject);
    const pod = createPod("p");
    const withTerminal = {
      ...pod,
      spec: { ...pod.spec, containers: [{ name: "c", image: "i", tty: true, stdin: true }] },
    };
    subject = await startServer(pki, {
      provider: { info: () => providerInfo(CAPABILITIES) },
      pods: createPodView({ pod: withTerminal, status: RUNNING }),
    });
    const client = await dialWebSocket({ pki, subject }, "/attach/httpcap/p/c?output=1&error=1");
    await eventually("it closes", () => client.closeCode() === 1000);
    expect(subject.streams.orders).to.deep.equal([
      { uid: "uid-p", container: "c", stdin: false, stdout: true, stderr: false, tty: true },
    ]);
  });

  it("names the capability that is missing, also the terminal's and standard input's", async () => {
    await stopNow(subject);
    subject = await startServer(pki, { provider: { info: () => providerInfo(["exec", "attach"]) } });
    const texts = ["&output=1&tty=1", "&output=1&input=1"].map(async (query) => {
      const { status, body } = await subject.send("POST", `${EXEC}${query}`);
      return `${status} ${body}`;
    });
    expect(await Promise.all(texts)).to.deep.equal([
      '501 the provider "memory" does not offer exec.tty',
      '501 the provider "memory" does not offer exec.stdin',
    ]);
  });

  it("answers 429 when all streams are in use, and gives places back", async () => {
    subject.streams.run(silent);
    const clients = await Promise.all(
      Array.from({ length: 4 }, async () => dialWebSocket(dialler, `${EXEC}&output=1`)),
    );
    const refusal = await subject.send("POST", `${EXEC}&output=1`, {
      headers: { Connection: "Upgrade", Upgrade: "SPDY/3.1", "X-Stream-Protocol-Version": "v4.channel.k8s.io" },
    });
    expect([refusal.status, refusal.body]).to.deep.equal([429, "all 4 streams of this node are in use"]);
    for (const { socket } of clients) socket.terminate();
    await eventually("a place is free", async () => {
      const answer = await subject.send("POST", `${EXEC}&output=1`);
      return answer.body === "Upgrade request required\n";
    });
  });

  it("answers 503 while the provider is not connected", async () => {
    await stopNow(subject);
    subject = await startServer(pki, { provider: { info: () => undefined } });
    const answer = await subject.send("POST", `${EXEC}&output=1`);
    expect([answer.status, answer.headers["retry-after"]]).to.deep.equal([503, "1"]);
  });
});
