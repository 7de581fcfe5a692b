import { expect } from "chai";
import { eventually } from "../../testing/eventually.js";
import { dialSpdy, dialWebSocket } from "../streaming/testing/dial.js";
import { useTarget } from "./testing/battlefield.js";
import { dialRaw } from "./testing/raw.js";
import type { Target } from "./testing/target.js";
import { crowd } from "./testing/crowd.js";
import { expectFootprint, footprintOf } from "./testing/footprint.js";
import { SCALE } from "./testing/scale.js";

const FORWARD = "/portForward/default/p";
const CAT = "/exec/default/p/c?command=cat&input=1&output=1";
const TUNNEL_REQUEST = [
  `GET ${FORWARD} HTTP/1.1\r\nHost: n\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13`,
  "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\nSec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io\r\n\r\n",
].join("\r\n");
const AT_ONCE = 16;
/** The provider's streams are fewer; a few sessions really run. */
const RUNNING = 40;
const PINGS = 1_000_000;
const PINGS_AT_ONCE = 10_000;

/** Opens a session of one of four kinds. Answers how to end it, politely or not. */
async function openIdle(target: Target, index: number): Promise<() => void> {
  const isPolite = index % 3 === 0;
  if (index % 2 === 0) {
    const client = await (index < RUNNING ? dialSpdy(target, CAT) : dialSpdy(target, FORWARD, "portforward.k8s.io"));
    if (index < RUNNING) for (const streamtype of ["error", "stdin", "stdout"]) await client.open({ streamtype });
    return () => (isPolite ? client.socket.end() : client.dispose());
  }
  if (index < RUNNING) {
    const { socket } = await dialWebSocket(target, CAT);
    return () => (isPolite ? socket.close() : socket.terminate());
  }
  const tunnel = await dialRaw(target, "admin");
  tunnel.socket.write(TUNNEL_REQUEST);
  await tunnel.answered();
  expect(tunnel.text()).to.match(/^HTTP\/1\.1 101 /);
  return () => (isPolite ? tunnel.socket.end() : tunnel.socket.destroy());
}

describe("a gateway under many and greedy sessions", function () {
  this.timeout(300_000);
  const target = useTarget();

  it(`bears ${SCALE.idleSessions} idle sessions at once, and frees what they held`, async () => {
    const base = await footprintOf(target());
    const ends: (() => void)[] = [];
    await crowd(SCALE.idleSessions, AT_ONCE, async (index) => {
      ends.push(await openIdle(target(), index));
    });
    expect(target().sockets() - base.sockets).to.be.at.least(SCALE.idleSessions);
    for (const end of ends) end();
    await expectFootprint(target(), base);
  });

  it(`keeps the sessions of others while ${SCALE.brokenOff} are opened and cut`, async () => {
    const base = await footprintOf(target());
    for (let count = 0; count < SCALE.brokenOff; count++) (await dialWebSocket(target(), CAT)).socket.terminate();
    await expectFootprint(target(), base);
  });

  it("cuts a SPDY client that asks on and on without reading the answers", async () => {
    const base = await footprintOf(target());
    const client = await dialSpdy(target(), CAT);
    client.socket.pause();
    const isCut = (): boolean => client.socket.destroyed;
    const pings = Buffer.concat(Array.from({ length: PINGS_AT_ONCE }, (_, index) => client.ping(2 * index + 1)));
    for (let sent = 0; sent < PINGS && !isCut(); sent += PINGS_AT_ONCE) {
      client.socket.write(pings);
      await eventually(() => isCut() || client.socket.writableLength < pings.length, "the pings are taken", 10_000);
    }
    await eventually(() => target().sockets() <= base.sockets, "the connection is cut", 10_000);
    client.dispose();
    await expectFootprint(target(), base);
  });

  it("cuts a WebSocket client that asks on and on", async () => {
    const base = await footprintOf(target());
    const { socket } = await dialWebSocket(target(), CAT);
    socket.on("error", () => {});
    for (let sent = 0; sent < 20_000; sent++) socket.ping("x".repeat(100));
    await eventually(() => target().sockets() <= base.sockets, "the connection is cut", 10_000);
    await expectFootprint(target(), base);
  });

  it("bears header blocks that inflate to a hundred times their size, and refuses those beyond the limit", async () => {
    const base = await footprintOf(target());
    const client = await dialSpdy(target(), FORWARD, "portforward.k8s.io");
    for (let id = 1; id < 400; id += 2) client.write(await client.syn(id, { bomb: "x".repeat(60_000) }));
    await eventually(() => client.controls(3).length === 200, "each stream that fits nowhere is reset", 10_000);
    client.write(await client.syn(401, { bomb: "x".repeat(100_000) }));
    await eventually(() => client.ended, "the connection is ended", 10_000);
    client.dispose();
    await expectFootprint(target(), base);
  });
});
