import { expect } from "chai";
import { useTarget } from "./testing/battlefield.js";
import { crowd } from "./testing/crowd.js";
import { expectFootprint, footprintOf } from "./testing/footprint.js";
import { dialPlain, dialRaw, type Raw } from "./testing/raw.js";
import { SCALE } from "./testing/scale.js";

const AT_ONCE = 16;
/** Limits of the gateway: 20 s for a TLS handshake, 30 s for headers, looked at every 10 s. */
const LIMITS_MS = 60_000;
const EXEC =
  "POST /exec/default/p/c?command=cat&input=1 HTTP/1.1\r\nHost: n\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1";

describe("a gateway under hostile HTTP", function () {
  this.timeout(180_000);
  const target = useTarget();

  async function hold(dial: () => Promise<Raw>, say: string): Promise<readonly Raw[]> {
    const held: Raw[] = [];
    await crowd(SCALE.halfOpen, AT_ONCE, async () => {
      const raw = await dial();
      raw.socket.write(say);
      held.push(raw);
    });
    return held;
  }

  /** Others are served meanwhile; then the connections end by the gateway's limits, or by themselves. */
  async function outlive(dial: () => Promise<Raw>, say: string): Promise<void> {
    const base = await footprintOf(target());
    const held = await hold(dial, say);
    const other = await dialRaw(target(), "admin");
    other.socket.write("GET /healthz HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n");
    await other.closed();
    expect(other.text()).to.match(/^HTTP\/1\.1 200 /);
    if (SCALE.waitsForLimits) await Promise.all(held.map((raw) => raw.closed(LIMITS_MS)));
    for (const { socket } of held) socket.destroy();
    await expectFootprint(target(), base);
  }

  it("bears an upgrade that is sent behind another request before its answer", async () => {
    for (const as of ["nobody", "admin"] as const) {
      const raw = await dialRaw(target(), as);
      const protocol = "X-Stream-Protocol-Version: v4.channel.k8s.io";
      raw.socket.write(`GET /pods HTTP/1.1\r\nHost: n\r\n\r\n${EXEC}\r\n${protocol}\r\n\r\n`);
      await raw.closed();
      target().expectAlive();
    }
  });

  it("refuses headers beyond the limit, and many of them, with an answer", async () => {
    const base = await footprintOf(target());
    const many = Array.from({ length: 40_000 }, (_, index) => `X-${index}: ${"y".repeat(40)}\r\n`).join("");
    for (const [headers, status] of [
      [`X: ${"y".repeat(2_000_000)}\r\n`, 431],
      [many, 431],
      ["X: y\r\n".repeat(200_000), 431],
      ["no colon\r\n", 400],
      ["Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400],
      [`Authorization: Bearer ${"y".repeat(500_000)}\r\n`, 401],
    ] as const) {
      const raw = await dialRaw(target());
      raw.socket.write(`GET /pods HTTP/1.1\r\nHost: n\r\n${headers}\r\n`);
      await raw.answered();
      expect(raw.text(), headers.slice(0, 40)).to.match(new RegExp(`^HTTP/1\\.1 ${status} `));
      raw.socket.destroy();
    }
    await expectFootprint(target(), base);
  });

  it("answers also those who read nothing before they have sent all of a request that is too large", async () => {
    const base = await footprintOf(target());
    const raw = await dialRaw(target());
    raw.socket.pause();
    raw.socket.write("GET /pods HTTP/1.1\r\nHost: n\r\nX: ");
    const piece = Buffer.alloc(100_000, "y");
    for (let count = 0; count < 100; count++) {
      await new Promise((resolve, reject) => {
        raw.socket.write(piece, (error) => (error ? reject(error) : resolve(undefined)));
      });
    }
    raw.socket.resume();
    await raw.answered();
    expect(raw.text()).to.match(/^HTTP\/1\.1 431 /);
    await expectFootprint(target(), base);
  });

  it("bears bytes that are no TLS and no HTTP", async () => {
    const base = await footprintOf(target());
    for (const dial of [() => dialPlain(target()), () => dialRaw(target())]) {
      const raw = await dial();
      raw.socket.write(Buffer.from("\0\u0001\u0016\u0003garbage\r\n\r\n".repeat(500), "latin1"));
      await raw.closed();
    }
    await expectFootprint(target(), base);
  });

  it(`serves others beside ${SCALE.halfOpen} connections that never begin TLS`, async () => {
    await outlive(() => dialPlain(target()), "\u0016\u0003\u0001");
  });

  it(`serves others beside ${SCALE.halfOpen} connections that send their headers slowly`, async () => {
    await outlive(() => dialRaw(target()), "GET /pods HTTP/1.1\r\nHost: n\r\nX-Slow: ");
  });
});
