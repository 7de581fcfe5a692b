import { duplexPair } from "node:stream";
import { expect } from "chai";
import { createFakeClock } from "../../testing/fake-clock.js";
import { createRandom, cut, mutate, type Random } from "../testing/random.js";
import { SpdyClient } from "../testing/spdy-client.js";
import { SpdyConnection } from "./connection.js";
import { encodeControl } from "./frames.js";
import type { SpdyStream } from "./stream.js";

const SESSIONS = 1_000;
const TYPES = [2, 3, 4, 6, 7, 8, 9];

/** A session as a client would have it, then some frames that fit or not. */
async function sessionBytes(client: SpdyClient, random: Random): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (const [index, streamtype] of ["error", "stdin", "stdout", "data"].entries()) {
    parts.push(await client.syn(2 * index + 1, { streamtype, port: "80", requestid: "1" }));
  }
  for (let count = 0; count < 6; count++) {
    if (random(2) === 0) parts.push(client.data(1 + 2 * random(4), Buffer.alloc(random(300), "a"), random(6) === 0));
    else {
      const body = Buffer.from(Array.from({ length: 4 * random(4) }, () => random(256)));
      parts.push(encodeControl({ type: TYPES[random(TYPES.length)] ?? 2, flags: random(3), body }));
    }
  }
  return Buffer.concat(parts);
}

function behave(stream: SpdyStream, random: Random): void {
  stream.accept();
  const behaviours = [
    () => stream.resume(),
    () => stream.end("hello"),
    () => stream.reset(),
    () => stream.pipe(stream),
    () => stream.on("data", () => random(3) === 0 && stream.destroy()),
  ];
  behaviours[random(behaviours.length)]?.();
}

describe("a SPDY connection under damaged bytes", () => {
  it(`survives ${SESSIONS} sessions: every one ends, none leaves a stream, nothing is thrown`, async function () {
    this.timeout(30_000);
    const random = createRandom(1);
    let opened = 0;
    for (let session = 0; session < SESSIONS; session++) {
      const [near, far] = duplexPair();
      const clock = createFakeClock();
      const connection = new SpdyConnection(near, {
        clock,
        limits: { maxBufferedBytes: 1024, lingerMs: 1 },
        onStream: (stream) => {
          opened += 1;
          behave(stream, random);
        },
      });
      const client = new SpdyClient(far);
      const bytes = mutate(await sessionBytes(client, random), random);
      for (const piece of cut(bytes, 60, random)) client.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
      if (random(2) === 0) far.end();
      else far.destroy();
      for (let turn = 0; turn < 1_000 && !connection.ended.aborted; turn++) {
        clock.advance(1);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(connection.ended.aborted, `session ${session} ends`).to.equal(true);
      expect(connection.openStreams).to.equal(0);
      client.dispose();
    }
    expect(opened).to.be.greaterThan(SESSIONS);
  });
});
