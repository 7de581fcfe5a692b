import { expect } from "chai";
import { setTimeout as delay } from "node:timers/promises";
import { createRandom, cut } from "../streaming/testing/random.js";
import { useTarget } from "./testing/battlefield.js";
import { crowd } from "./testing/crowd.js";
import { damagedSpdy, damagedWebSocket, type DamagedSession } from "./testing/damaged.js";
import { expectFootprint, footprintOf } from "./testing/footprint.js";
import { dialRaw } from "./testing/raw.js";
import { SCALE } from "./testing/scale.js";
import type { Target } from "./testing/target.js";

const AT_ONCE = 8;
const WARM_UP = 40;
const PAUSES_MS = [0, 0, 1, 5, 20];

/** Plays a session to its end. Answers whether the connection had been switched. */
async function play(
  target: Target,
  { request, bytes }: DamagedSession,
  random: (limit: number) => number,
): Promise<boolean> {
  const raw = await dialRaw(target, "admin");
  const isEager = random(4) === 0;
  raw.socket.write(request);
  if (!isEager) await raw.answered();
  for (const piece of cut(bytes, 200, random)) raw.socket.write(piece);
  if (isEager) await raw.answered();
  await delay(PAUSES_MS[random(PAUSES_MS.length)]);
  if (random(2) === 0) raw.socket.destroy();
  else raw.socket.end();
  const isSwitched = raw.text().startsWith("HTTP/1.1 101 ");
  await raw.gone();
  return isSwitched;
}

describe("a gateway under damaged sessions", function () {
  this.timeout(900_000);
  const target = useTarget();

  for (const [name, damaged, seed] of [
    ["SPDY", damagedSpdy, 11],
    ["WebSocket", damagedWebSocket, 12],
  ] as const) {
    const sessions = SCALE.fuzzedSessions / 2;
    it(`bears ${sessions} of ${name}: all end, and what they held is free`, async () => {
      const random = createRandom(seed);
      let switched = 0;
      const one = async (): Promise<void> => {
        if (await play(target(), await damaged(random), random)) switched += 1;
      };
      await crowd(WARM_UP, AT_ONCE, one);
      const base = await footprintOf(target());
      await crowd(sessions, AT_ONCE, one);
      expect(switched).to.equal(sessions + WARM_UP);
      target().expectAlive();
      await expectFootprint(target(), base);
    });
  }
});
