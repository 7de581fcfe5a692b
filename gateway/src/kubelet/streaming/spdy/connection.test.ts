import { once } from "node:events";
import { duplexPair } from "node:stream";
import { expect } from "chai";
import { createFakeClock, type FakeClock } from "../../testing/fake-clock.js";
import { eventually, settled } from "../../testing/eventually.js";
import { SpdyClient } from "../testing/spdy-client.js";
import { SpdyConnection, type SpdyOptions } from "./connection.js";
import { encodeControl, encodeNumbers, FrameType, ResetCode } from "./frames.js";
import type { SpdyStream } from "./stream.js";

interface Subject {
  readonly connection: SpdyConnection;
  readonly client: SpdyClient;
  readonly clock: FakeClock;
  readonly streams: SpdyStream[];
}

describe("a SPDY connection", () => {
  const subjects: Subject[] = [];
  afterEach(() => {
    for (const { client, connection } of subjects.splice(0)) {
      connection.destroy();
      client.dispose();
    }
  });

  function start(options: Partial<SpdyOptions> = {}): Subject {
    const [near, far] = duplexPair();
    const clock = createFakeClock();
    const streams: SpdyStream[] = [];
    const onStream = (stream: SpdyStream): void => void streams.push(stream.accept());
    const connection = new SpdyConnection(near, { clock, onStream, ...options });
    const subject = { connection, client: new SpdyClient(far), clock, streams };
    subjects.push(subject);
    return subject;
  }

  function first({ streams }: Subject): SpdyStream {
    const [stream] = streams;
    if (stream === undefined) throw new Error("no stream was opened");
    return stream;
  }

  it("replies to each stream at once and shows its headers", async () => {
    const subject = start();
    await subject.client.open({ streamtype: "error" });
    await subject.client.open({ streamtype: "data", port: "80" });
    expect(subject.streams.map(({ id, headers }) => [id, { ...headers }])).to.deep.equal([
      [1, { streamtype: "error" }],
      [3, { streamtype: "data", port: "80" }],
    ]);
  });

  it("carries bytes both ways, and the end of each direction by itself", async () => {
    const subject = start();
    await subject.client.open({});
    const stream = first(subject);
    subject.client.write(subject.client.data(1, "to the server", true));
    let text = "";
    for await (const bytes of stream.iterator({ destroyOnReturn: false })) text += String(bytes);
    expect(text).to.equal("to the server");
    expect(subject.client.finished(1)).to.equal(false);
    stream.end("to the client");
    await eventually("the client has it", () => subject.client.finished(1));
    expect(subject.client.received(1)).to.equal("to the client");
    await eventually("the stream is forgotten", () => subject.connection.openStreams === 0);
    expect(subject.client.controls(FrameType.rstStream)).to.deep.equal([]);
  });

  it("takes frames in pieces of one byte", async () => {
    const subject = start();
    const { client } = subject;
    const bytes = Buffer.concat([
      await client.syn(1, { streamtype: "x" }),
      client.data(1, "hello", true),
      client.ping(7),
    ]);
    for (const byte of bytes) client.write(Buffer.from([byte]));
    await eventually("the ping is answered", () => client.controls(FrameType.ping).length === 1);
    expect(String(first(subject).read())).to.equal("hello");
  });

  it("reads bytes that came with the upgrade request", async () => {
    const [near, far] = duplexPair();
    const client = new SpdyClient(far);
    const head = await client.syn(1, { streamtype: "x" });
    const streams: SpdyStream[] = [];
    const connection = new SpdyConnection(near, {
      clock: createFakeClock(),
      head,
      onStream: (each) => void streams.push(each),
    });
    await eventually("the stream is there", () => streams.length === 1);
    connection.destroy();
    client.dispose();
  });

  it("stops reading while one stream's reader rests, and goes on when it reads or leaves", async () => {
    const subject = start({ limits: { maxBufferedBytes: 1000 } });
    await subject.client.open({});
    await subject.client.open({});
    const piece = subject.client.data(1, Buffer.alloc(10_000));
    let sent = 0;
    const pump = (): void => {
      while (sent < 200) {
        sent += 1;
        if (!subject.client.socket.write(piece)) return void subject.client.socket.once("drain", pump);
      }
    };
    pump();
    const atRest = await settled("the sender rests", () => sent);
    expect(atRest).to.be.lessThan(50);
    first(subject).resume();
    await eventually("all is sent", () => sent === 200);

    subject.streams[1]?.pause();
    subject.client.write(subject.client.data(3, Buffer.alloc(5_000)));
    await eventually("the connection rests", () => subject.streams[1]?.readableLength === 5_000);
    subject.client.write(subject.client.ping(11));
    subject.streams[1]?.destroy();
    await eventually("it reads again", () => subject.client.controls(FrameType.ping).some(([id]) => id === 11));
  });

  it("goes on once a stream is read whose end came while it was full", async () => {
    const subject = start({ limits: { maxBufferedBytes: 1000 } });
    await subject.client.open({});
    subject.client.write(
      Buffer.concat([subject.client.data(1, Buffer.alloc(5_000)), subject.client.data(1, "", true)]),
    );
    await eventually("the connection rests", () => first(subject).readableLength === 5_000);
    subject.client.write(subject.client.ping(11));
    first(subject).resume();
    await eventually("it reads again", () => subject.client.controls(FrameType.ping).some(([id]) => id === 11));
  });

  it("holds a writer back while the peer does not read", async () => {
    const subject = start();
    await subject.client.open({});
    subject.client.socket.pause();
    const stream = first(subject);
    let written = 0;
    const pump = (): void => {
      while (written < 10_000_000) {
        written += 10_000;
        if (!stream.write(Buffer.alloc(10_000))) return void stream.once("drain", pump);
      }
    };
    pump();
    expect(await settled("the writer rests", () => written)).to.be.lessThan(1_000_000);
    subject.client.socket.resume();
    await eventually("all is written", () => written === 10_000_000);
  });

  it("refuses streams beyond the limit and goes on", async () => {
    const subject = start({ limits: { maxStreams: 2 } });
    await subject.client.open({});
    await subject.client.open({});
    subject.client.write(await subject.client.syn(5, {}));
    await eventually("the third is refused", () => subject.client.controls(FrameType.rstStream).length === 1);
    expect(subject.client.controls(FrameType.rstStream)).to.deep.equal([[5, ResetCode.refusedStream]]);
    expect(subject.client.ended).to.equal(false);
  });

  it("sends pings with even ids, and closes only when nothing but pings came for too long", async () => {
    const { client, clock, streams } = start({ limits: { pingMs: 1_000, idleMs: 10_000 } });
    await client.open({});
    for (let second = 1; second < 10; second++) {
      clock.advance(1_000);
      await eventually(`ping ${second}`, () => client.controls(FrameType.ping).length === second);
      client.write(client.ping(2 * second));
    }
    expect(client.controls(FrameType.ping).map(([id]) => id)).to.deep.equal([2, 4, 6, 8, 10, 12, 14, 16, 18]);
    client.write(client.data(1, "still here"));
    await eventually("it is read", () => streams[0]?.readableLength === 10);
    clock.advance(5_000);
    await settled("nothing happens", () => client.frames.length);
    expect(client.ended).to.equal(false);
    clock.advance(10_000);
    await eventually("it says goodbye", () => client.controls(FrameType.goAway).length === 1);
  });

  it("cuts an idle peer that does not even take the goodbye", async () => {
    const subject = start({ limits: { idleMs: 10_000, pingMs: 1_000_000 } });
    await subject.client.open({});
    subject.client.socket.pause();
    first(subject).write(Buffer.alloc(1_000_000));
    await settled("the peer rests", () => subject.client.frames.length);
    subject.clock.advance(10_000);
    await settled("the goodbye waits", () => subject.client.frames.length);
    expect(subject.connection.ended.aborted).to.equal(false);
    subject.clock.advance(10_000);
    await eventually("the connection is over", () => subject.connection.ended.aborted);
  });

  it("lets the peer's GOAWAY wait for its streams, then closes", async () => {
    const subject = start();
    await subject.client.open({});
    subject.client.write(subject.client.goAway());
    await eventually("it knows", () => subject.connection.leaving.aborted);
    expect(subject.connection.ended.aborted).to.equal(false);
    subject.client.write(await subject.client.syn(3, {}));
    subject.client.write(subject.client.data(1, "", true));
    first(subject).resume().end("last words");
    await eventually("it ends", () => subject.client.ended);
    expect(subject.client.received(1)).to.equal("last words");
    expect(subject.streams).to.have.length(1);
  });

  it("destroys its streams when the transport breaks", async () => {
    const subject = start();
    await subject.client.open({});
    const closed = once(first(subject), "close");
    subject.client.socket.destroy();
    await closed;
    expect(subject.connection.ended.aborted).to.equal(true);
    expect(subject.connection.openStreams).to.equal(0);
  });

  it("gives the peer a limited time to hang up after the last byte", async () => {
    const subject = start({ limits: { lingerMs: 500 } });
    await subject.client.open({});
    let over = false;
    void subject.connection.close().then(() => (over = true));
    await eventually("goodbye", () => subject.client.ended);
    await settled("it lingers", () => subject.clock.sleepers());
    expect(over).to.equal(false);
    subject.clock.advance(500);
    await eventually("it is over", () => over);
    expect(subject.client.frames.at(-1)).to.include({ kind: "control", type: FrameType.goAway });
  });

  type Attack = (client: SpdyClient) => Buffer | Promise<Buffer>;
  const fatal: Readonly<Record<string, Attack>> = {
    "something else than SPDY": () => Buffer.from(`GET / HTTP/1.1\r\n\r\n${"z".repeat(5_000)}`),
    "another version": () => Buffer.from([0x80, 2, 0, 1, 0, 0, 0, 0]),
    "a control frame of 16 MB": () => Buffer.from([0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff]),
    "a SYN_STREAM that is too short": () =>
      encodeControl({ type: FrameType.synStream, flags: 0, body: Buffer.alloc(4) }),
    "a SYN_STREAM without headers": (client) => client.synWith(9, Buffer.alloc(0)),
    "a header block that is no zlib": (client) => client.synWith(9, Buffer.alloc(50, 0xaa)),
    "a header block that grows to 60 MB": (client) => client.synOver(9, Buffer.alloc(60_000_000)),
    "a header block with 2^31 headers": (client) => client.synOver(9, Buffer.from([0x7f, 0xff, 0xff, 0xff])),
    "stream 0": (client) => client.syn(0, {}),
    "an even stream id": (client) => client.syn(10, {}),
    "a stream id again": (client) => client.syn(1, {}),
    "DATA on stream 0": (client) => client.data(0, "x"),
    "DATA on a stream that was never opened": (client) => client.data(99, "x"),
    "an RST_STREAM that is too short": () => encodeNumbers(FrameType.rstStream, 1),
    "a PING that is too short": () => encodeControl({ type: FrameType.ping, flags: 0, body: Buffer.alloc(1) }),
  };
  for (const [title, attack] of Object.entries(fatal)) {
    it(`says goodbye to a peer that sends ${title}`, async () => {
      const { client, connection } = start();
      await client.open({});
      client.write(await attack(client));
      await eventually("it is sent away", () => client.ended);
      expect(client.frames.at(-1)).to.deep.include({ kind: "control", type: FrameType.goAway, numbers: [1, 1] });
      expect(connection.openStreams).to.equal(0);
    });
  }

  const harmless: Readonly<Record<string, Attack>> = {
    "DATA after the end of a stream": (client) => Buffer.concat([client.data(1, "x", true), client.data(1, "y")]),
    "RST_STREAM for a stream that nobody knows": (client) => client.reset(77),
    "SETTINGS, WINDOW_UPDATE and types that nobody knows": () =>
      Buffer.concat([4, 9, 10, 77].map((type) => encodeControl({ type, flags: 0, body: Buffer.alloc(9) }))),
    "HEADERS that end a stream": async (client) => {
      const syn = await client.syn(1, { a: "b" });
      return encodeControl({
        type: FrameType.headers,
        flags: 1,
        body: Buffer.concat([Buffer.from([0, 0, 0, 1]), syn.subarray(18)]),
      });
    },
    "a SYN_STREAM that also ends, and one that only sends": async (client) =>
      Buffer.concat([await client.syn(3, { a: "b" }, 1), await client.syn(5, { a: "b" }, 2)]),
    "late DATA on a stream that was reset": (client) => Buffer.concat([client.reset(1), client.data(1, "late")]),
  };
  for (const [title, attack] of Object.entries(harmless)) {
    it(`bears ${title}`, async () => {
      const { client } = start();
      await client.open({});
      client.write(Buffer.concat([await attack(client), client.ping(21)]));
      await eventually("the ping behind it is answered", () =>
        client.controls(FrameType.ping).some(([id]) => id === 21),
      );
      expect(client.ended).to.equal(false);
    });
  }

  it("bears the end of the transport in the middle of a frame", async () => {
    const { client, connection } = start();
    await client.open({});
    client.socket.end(client.data(1, Buffer.alloc(1_000)).subarray(0, 20));
    await eventually("it is over", () => connection.ended.aborted);
  });
});
