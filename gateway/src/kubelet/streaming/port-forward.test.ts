import { expect } from "chai";
import { WebSocket } from "ws";
import { type ForwardInput, type ForwardOutput, ProviderError } from "../../ports/provider.js";
import { eventually, settled } from "../testing/eventually.js";
import {
  createTestPki,
  providerInfo,
  type ServerUnderTest,
  startServer,
  type TestPki,
} from "../testing/server-under-test.js";
import { FrameType } from "./spdy/frames.js";
import { dialSpdy, dialWebSocket, type Dialler, stopNow } from "./testing/dial.js";
import type { SpdyClient } from "./testing/spdy-client.js";
import { TUNNEL_PROTOCOL } from "./websocket/accept.js";

const PATH = "/portForward/httpcap/p";

/** The streams of one forwarded connection. */
interface Pair {
  readonly error: number;
  readonly data: number;
}

async function* endless(_input: unknown, signal: AbortSignal): AsyncGenerator<ForwardOutput> {
  while (!signal.aborted) {
    yield { kind: "data", data: Buffer.alloc(1_000) };
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("port-forward", () => {
  let pki: TestPki;
  let subject: ServerUnderTest;
  let dialler: Dialler;
  before(async () => {
    pki = await createTestPki();
  });
  beforeEach(async () => {
    subject = await startServer(pki, { provider: { info: () => providerInfo(["port_forward"], 64) } });
    dialler = { pki, subject };
  });
  afterEach(() => stopNow(subject));

  const dial = async (): Promise<SpdyClient> => dialSpdy(dialler, PATH, "portforward.k8s.io");

  /** As kubectl opens them: the error stream, whose end it sends at once, then the data stream. */
  async function openPair(client: SpdyClient, port: string, requestid = "0"): Promise<Pair> {
    const error = await client.open({ streamtype: "error", port, requestid });
    client.write(client.data(error, "", true));
    return { error, data: await client.open({ streamtype: "data", port, requestid }) };
  }

  it("relays bytes both ways and each direction's end", async () => {
    const client = await dial();
    const { data, error } = await openPair(client, "8080");
    client.write(client.data(data, "to and "));
    client.write(client.data(data, "fro", true));
    await eventually("both streams end", () => client.finished(data) && client.finished(error));
    expect([client.received(data), client.received(error)]).to.deep.equal(["to and fro", ""]);
    expect(subject.streams.ports).to.deep.equal([8080]);
    client.dispose();
  });

  it("relays many connections at once, each to its port", async () => {
    const client = await dial();
    const pairs: Pair[] = [];
    for (let index = 0; index < 50; index++) pairs.push(await openPair(client, String(1_000 + index), String(index)));
    for (const [index, { data }] of pairs.entries()) client.write(client.data(data, `connection ${index}`, true));
    await eventually("all end", () => pairs.every(({ data }) => client.finished(data)));
    for (const [index, { data }] of pairs.entries()) expect(client.received(data)).to.equal(`connection ${index}`);
    expect(subject.streams.ports).to.deep.equal(pairs.map((_pair, index) => 1_000 + index));
  });

  it("ends both streams as soon as the pod sends no more, and still takes bytes to the pod", async () => {
    const taken: string[] = [];
    subject.streams.serve(async function* (input) {
      yield { kind: "data", data: Buffer.from("bye") };
      yield { kind: "half-close" };
      for await (const each of input) taken.push(each.kind === "data" ? each.data.toString() : each.kind);
    });
    const client = await dial();
    const { data, error } = await openPair(client, "1");
    await eventually("both streams end", () => client.finished(data) && client.finished(error));
    client.write(client.data(data, "late", true));
    await eventually("the pod has it", () => taken.length === 2);
    expect(taken).to.deep.equal(["late", "half-close"]);
    expect(client.controls(FrameType.rstStream)).to.deep.equal([]);
  });

  it("tells the user why a connection could not be made", async () => {
    subject.streams.fail(new ProviderError("connection refused"));
    const client = await dial();
    const { data, error } = await openPair(client, "81");
    await eventually("the error stream ends", () => client.finished(error));
    expect(client.received(error)).to.equal("error forwarding port 81 to pod: connection refused");
    await eventually("the data stream is reset", () =>
      client.controls(FrameType.rstStream).some(([id]) => id === data),
    );
  });

  it("resets an established connection that breaks, without a text that would end them all", async () => {
    subject.streams.serve(async function* () {
      yield { kind: "data", data: Buffer.from("half") };
      yield { kind: "broken", message: "reset by peer" };
    });
    const client = await dial();
    const { data, error } = await openPair(client, "1");
    await eventually("the data stream is reset", () =>
      client.controls(FrameType.rstStream).some(([id]) => id === data),
    );
    await eventually("the error stream ends", () => client.finished(error));
    expect(client.received(error)).to.equal("");
    await openPair(client, "2", "1");
  });

  it("ends the pod's connection when the client resets its stream, or leaves", async () => {
    subject.streams.serve(endless);
    const client = await dial();
    const { data } = await openPair(client, "1");
    await openPair(client, "2", "1");
    await eventually("both run", () => subject.streams.signals.length === 2);
    client.write(client.reset(data));
    await eventually("the first is told", () => subject.streams.signals[0]?.aborted === true);
    expect(subject.streams.signals[1]?.aborted).to.equal(false);
    client.dispose();
    await eventually("the second is told", () => subject.streams.signals[1]?.aborted === true);
  });

  it("does not stream for ever to a client that has only ended its direction", async () => {
    subject.streams.serve(async function* (input, signal) {
      for await (const each of input) if (each.kind === "half-close") break;
      yield* endless(input, signal);
    });
    const client = await dial();
    const { data } = await openPair(client, "1");
    client.write(client.data(data, "", true));
    await eventually("it streams", () => client.received(data).length > 0);
    expect(subject.streams.signals[0]?.aborted).to.equal(false);
    subject.clock.advance(60_000);
    await eventually("it is cut", () => subject.streams.signals[0]?.aborted === true);
  });

  it("holds the client back while the pod does not read, and the pod while the client does not", async () => {
    let taken = 0;
    subject.streams.serve(async function* (_input, signal) {
      for (; taken < 5_000 && !signal.aborted; taken++) yield { kind: "data", data: Buffer.alloc(32_768) };
    });
    const client = await dial();
    await openPair(client, "1");
    client.socket.pause();
    expect(await settled("the pod rests", () => taken)).to.be.lessThan(1_000);
    client.dispose();
  });

  it("resets streams with a bad type, port or a pair's third stream, and pairs that stay incomplete", async () => {
    const client = await dial();
    const bad = [
      { streamtype: "stdin", port: "80" },
      { streamtype: "data", port: "0" },
      { streamtype: "data", port: "65536" },
      { streamtype: "data", port: "8o" },
      { streamtype: "error" },
    ];
    let id = 1;
    for (const headers of bad) {
      client.write(await client.syn(id, headers));
      id += 2;
    }
    await eventually("all are reset", () => client.controls(FrameType.rstStream).length === bad.length);
    client.write(await client.syn(21, { streamtype: "data", port: "80", requestid: "7" }));
    client.write(await client.syn(23, { streamtype: "data", port: "80", requestid: "7" }));
    await eventually("the second is reset", () => client.controls(FrameType.rstStream).some(([of]) => of === 23));
    subject.clock.advance(30_000);
    await eventually("the lonely one is reset", () => client.controls(FrameType.rstStream).some(([of]) => of === 21));
    expect(subject.streams.ports).to.deep.equal([]);
  });

  it("pairs streams without a request id by their order", async () => {
    const client = await dial();
    await client.open({ streamtype: "error", port: "80" });
    const data = await client.open({ streamtype: "data", port: "80" });
    client.write(client.data(data, "x", true));
    await eventually("it answers", () => client.finished(data));
  });

  it("lets connections wait while all of the provider's streams are in use", async () => {
    await stopNow(subject);
    subject = await startServer(pki, { provider: { info: () => providerInfo(["port_forward"], 1) } });
    dialler = { pki, subject };
    const client = await dial();
    const first = await openPair(client, "1");
    const second = await openPair(client, "2", "1");
    client.write(client.data(second.data, "patience", true));
    await settled("it waits", () => client.frames.length);
    expect(subject.streams.ports).to.deep.equal([1]);
    client.write(client.data(first.data, "", true));
    await eventually("its turn has come", () => client.finished(second.data));
    expect(client.received(second.data)).to.equal("patience");
  });

  it("says that the gateway stops", async () => {
    subject.streams.serve(endless);
    const client = await dial();
    const { error } = await openPair(client, "1");
    await eventually("it runs", () => subject.streams.signals.length === 1);
    const closed = subject.server.close(3_000);
    await eventually("the error stream says so", () => client.received(error) === "the gateway is stopping");
    client.dispose();
    await closed;
    expect(subject.streams.signals[0]?.aborted).to.equal(true);
  });

  it("speaks SPDY within a WebSocket under the name that has a slash", async () => {
    const { key, cert } = pki.admin;
    const socket = new WebSocket(`wss://127.0.0.1:${subject.port}${PATH}`, {
      ca: pki.authority.cert,
      key,
      cert,
      headers: { "Sec-WebSocket-Protocol": TUNNEL_PROTOCOL },
    });
    let answered: string | undefined;
    socket.on("upgrade", ({ headers }) => (answered = headers["sec-websocket-protocol"]));
    // The client library refuses the name too; what matters is that the server has said it.
    socket.on("error", () => {});
    await eventually("the server answers", () => answered !== undefined);
    expect(answered).to.equal(TUNNEL_PROTOCOL);
    socket.terminate();
  });

  for (const protocol of ["v4.channel.k8s.io", "v4.base64.channel.k8s.io"]) {
    it(`gives each port of the query two channels over ${protocol}`, async () => {
      subject.streams.serve(async function* (input: AsyncIterable<ForwardInput>) {
        for await (const each of input) {
          if (each.kind === "data") yield each;
          break;
        }
      });
      const client = await dialWebSocket(dialler, `${PATH}?port=80&port=258`, ["v5.channel.k8s.io", protocol]);
      expect(client.socket.protocol).to.equal(protocol);
      client.send(0, "first");
      client.send(2, "second");
      await eventually("it closes", () => client.closeCode() === 1000);
      const heads = ["P\0", "P\0", "\x02\x01", "\x02\x01"];
      const expected = heads.map((head, channel) => head + (["first", "", "second", ""][channel] ?? ""));
      expect([0, 1, 2, 3].map((channel) => client.channel(channel))).to.deep.equal(expected);
      expect(subject.streams.ports).to.deep.equal([80, 258]);
    });
  }

  it("tells a client of the oldest kind why a port refuses", async () => {
    subject.streams.fail(new ProviderError("connection refused"));
    const client = await dialWebSocket(dialler, `${PATH}?port=80`, []);
    await eventually("it closes", () => client.closeCode() === 1000);
    expect(client.channel(1)).to.equal("P\0error forwarding port 80 to pod: connection refused");
  });

  it("refuses a request of the oldest kind without a good port", async () => {
    const headers = { Connection: "Upgrade", Upgrade: "websocket" };
    const texts = ["", "?port=x", "?port=0"].map(async (query) => {
      const { status, body } = await subject.send("GET", `${PATH}${query}`, { headers });
      return `${status} ${body}`;
    });
    expect(await Promise.all(texts)).to.deep.equal([
      '400 query parameter "port" is required',
      '400 unable to parse "x" as a port',
      '400 unable to parse "0" as a port',
    ]);
  });
});
