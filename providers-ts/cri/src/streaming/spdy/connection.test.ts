import { expect } from "chai";
import { once } from "node:events";
import { Duplex } from "node:stream";
import { inflateSync, constants } from "node:zlib";
import { SpdyConnection } from "./connection.js";
import { controlFrame, dataHead, FLAG_FIN, FRAME, numbersFrame } from "./frames.js";

/** The server's end of a connection, by hand. */
class Peer extends Duplex {
  readonly sent: Buffer[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.sent.push(chunk);
    done();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.sent);
  }
}

const EMPTY = Buffer.alloc(0);
const HEADERS_AT = 18;

async function turn(): Promise<void> {
  for (let count = 0; count < 3; count += 1) await new Promise((resolve) => setImmediate(resolve));
}

function data(id: number, text: string, flags = 0): Buffer {
  return Buffer.concat([dataHead(id, flags, text.length), Buffer.from(text)]);
}

function reply(id: number): Buffer {
  const body = Buffer.alloc(12);
  body.writeUInt32BE(id);
  return controlFrame(FRAME.synReply, 0, body);
}

describe("a client's SPDY connection", () => {
  it("opens streams with odd ids and readable headers", async () => {
    const peer = new Peer();
    const connection = new SpdyConnection(peer, EMPTY);
    connection.open({ streamtype: "error" });
    await turn();
    expect(peer.bytes.subarray(0, 4).toString("hex")).to.equal("80030001");
    expect(peer.bytes.readUInt32BE(8)).to.equal(1);
    const block = inflateSync(peer.bytes.subarray(HEADERS_AT), { finishFlush: constants.Z_SYNC_FLUSH });
    expect(block.toString("latin1")).to.equal("\0\0\0\u0001\0\0\0\nstreamtype\0\0\0\u0005error");
    peer.sent.length = 0;
    connection.open({ streamtype: "stdin" });
    await turn();
    expect(peer.bytes.readUInt32BE(8)).to.equal(3);
    connection.destroy();
  });

  it("hands data on however it is cut, to its stream, and its end", async () => {
    const bytes = Buffer.concat([
      controlFrame(FRAME.synReply, 0, Buffer.alloc(12)),
      data(1, "one"),
      data(3, "three", FLAG_FIN),
      data(1, "", FLAG_FIN),
    ]);
    for (let size = 1; size <= bytes.length; size += 1) {
      const peer = new Peer();
      const connection = new SpdyConnection(peer, EMPTY);
      const streams = [connection.open({ streamtype: "a" }), connection.open({ streamtype: "b" })];
      const texts = streams.map(async (stream) => {
        let text = "";
        for await (const piece of stream.iterator({ destroyOnReturn: false })) text += String(piece);
        return text;
      });
      for (let at = 0; at < bytes.length; at += size) peer.push(bytes.subarray(at, at + size));
      expect(await Promise.all(texts)).to.deep.equal(["one", "three"]);
      connection.destroy();
    }
  });

  it("answers pings of the server", async () => {
    const peer = new Peer();
    const connection = new SpdyConnection(peer, EMPTY);
    peer.push(numbersFrame(FRAME.ping, 2));
    await turn();
    expect(peer.bytes.equals(numbersFrame(FRAME.ping, 2))).to.equal(true);
    connection.destroy();
  });

  it("gives what was received before a reset, and before the connection's end", async () => {
    for (const end of [
      (peer: Peer) => peer.push(numbersFrame(FRAME.rstStream, 1, 5)),
      (peer: Peer) => peer.push(null),
    ]) {
      const peer = new Peer();
      const connection = new SpdyConnection(peer, EMPTY);
      const stream = connection.open({ streamtype: "a" });
      peer.push(data(1, "last words"));
      end(peer);
      let text = "";
      for await (const piece of stream) text += String(piece);
      expect(text).to.equal("last words");
      connection.destroy();
    }
  });

  it("reads no more while a stream's reader is behind", async () => {
    const peer = new Peer();
    const connection = new SpdyConnection(peer, EMPTY);
    const stream = connection.open({ streamtype: "a" });
    for (let count = 0; count < 40; count += 1) peer.push(data(1, "x".repeat(8_000)));
    await turn();
    expect(peer.isPaused()).to.equal(true);
    expect(stream.readableLength).to.be.lessThan(80_000);
    let length = 0;
    stream.on("data", (piece: Buffer) => (length += piece.length));
    for (let count = 0; count < 50; count += 1) await turn();
    expect(length).to.equal(320_000);
    connection.destroy();
  });

  it("reads on once a stream is read whose end came while it was full", async () => {
    const peer = new Peer();
    const connection = new SpdyConnection(peer, EMPTY);
    const slow = connection.open({ streamtype: "a" });
    const other = connection.open({ streamtype: "b" });
    peer.push(Buffer.concat([data(1, "x".repeat(100_000)), data(1, "", FLAG_FIN)]));
    await turn();
    peer.push(data(3, "heard", FLAG_FIN));
    slow.resume();
    let text = "";
    for await (const piece of other.iterator({ destroyOnReturn: false })) text += String(piece);
    expect(text).to.equal("heard");
    connection.destroy();
  });

  it("is over when the server speaks something else", async () => {
    const peer = new Peer();
    const connection = new SpdyConnection(peer, EMPTY);
    peer.push(Buffer.concat([Buffer.from([0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff]), Buffer.alloc(100)]));
    await turn();
    expect(connection.ended.aborted).to.equal(true);
  });

  it("hangs up once the server has answered to each stream: before that a write of the server would wait for ever", async () => {
    const peer = new Peer();
    const connection = new SpdyConnection(peer, EMPTY);
    const streams = [connection.open({ streamtype: "a" }), connection.open({ streamtype: "b" })];
    connection.destroy();
    await turn();
    expect(connection.ended.aborted).to.equal(true);
    expect(streams.map(({ writable }) => writable)).to.deep.equal([false, false]);
    peer.push(Buffer.concat([reply(1), data(1, "nobody hears")]));
    await turn();
    expect(peer.destroyed).to.equal(false);
    peer.push(reply(3));
    await turn();
    expect(peer.destroyed).to.equal(true);
  });

  it("hangs up without an answer where the server ends, breaks the protocol, or says nothing for long", async () => {
    for (const end of [
      (peer: Peer) => peer.push(null),
      (peer: Peer) => peer.push(Buffer.from([0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff])),
      (peer: Peer) => peer.push(numbersFrame(FRAME.rstStream, 1, 5)),
      () => {},
    ]) {
      const peer = new Peer();
      const connection = new SpdyConnection(peer, EMPTY, 50);
      connection.open({ streamtype: "a" });
      const closed = once(peer, "close");
      connection.destroy();
      end(peer);
      await closed;
    }
  });
});
