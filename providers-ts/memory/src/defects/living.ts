/** Defects of a pod's life: names taken for identity, grace periods misread, creates that race or block. */
import type { HeldPod, Pods } from "../pods.js";
import { losePod } from "../simulation/ending.js";
import type { Defect, Surroundings } from "./defect.js";

const DEFAULT_GRACE_SECONDS = 30;
const FOR_EVER_SECONDS = 86_400;
const SLOW_CALL_MS = 1_300;
const RACE_MS = 5;

/** By name. */
export const LIVING_DEFECTS: Readonly<Record<string, Defect>> = {
  "stops-by-name": stopsAlso((one, other) => one.name === other.name),
  "stops-by-prefix": stopsAlso((one, other) => other.name !== one.name && other.name.startsWith(one.name)),
  "creates-by-name": {
    provider: (sound, around) => ({
      createPod: async (order) => {
        const answer = await sound.createPod(order);
        for (const other of namesakes(around.pods, order.uid, (one, two) => one.name === two.name)) lose(other, around);
        return answer;
      },
    }),
  },
  "loses-a-create-in-a-race": {
    provider: (sound) => {
      let seen = 0;
      return {
        createPod: async (order) => {
          const before = (seen += 1);
          await new Promise((resolve) => setTimeout(resolve, RACE_MS)); // the lock that should be here is not
          if (seen - before >= 3) throw new Error("the pod table was changed by another create");
          return await sound.createPod(order);
        },
      };
    },
  },
  "blocks-while-it-creates": {
    provider: (sound) => ({
      createPod: async (order) => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SLOW_CALL_MS); // a synchronous call of the backend
        return await sound.createPod(order);
      },
    }),
  },
  "gives-no-grace": graces(() => 0),
  "takes-no-grace-for-the-default": graces((seconds) => (seconds === 0 ? DEFAULT_GRACE_SECONDS : seconds)),
  "never-kills": graces((seconds) => (seconds === 0 ? 0 : FOR_EVER_SECONDS)),
  "keeps-the-first-grace": {
    provider: (sound, { pods }) => ({
      stopPod: async (uid, seconds, reason) => {
        if (pods.get(uid)?.state.stop === undefined) await sound.stopPod(uid, seconds, reason);
      },
    }),
  },
  "stops-only-what-runs": {
    provider: (sound, { pods }) => ({
      stopPod: async (uid, seconds, reason) => {
        if (pods.get(uid)?.state.stage === "started") await sound.stopPod(uid, seconds, reason);
      },
    }),
  },
};

type Same = (one: HeldPod["state"], other: HeldPod["state"]) => boolean;

function stopsAlso(same: Same): Defect {
  return {
    provider: (sound, { pods }) => ({
      stopPod: async (uid, seconds, reason) => {
        await sound.stopPod(uid, seconds, reason);
        for (const { state } of namesakes(pods, uid, same)) await sound.stopPod(state.uid, seconds, reason);
      },
    }),
  };
}

function graces(change: (seconds: number) => number): Defect {
  return {
    provider: (sound) => ({
      stopPod: async (uid, seconds, reason) => await sound.stopPod(uid, change(seconds), reason),
    }),
  };
}

function namesakes(pods: Pods, uid: string, same: Same): readonly HeldPod[] {
  const self = pods.get(uid);
  if (self === undefined) return [];
  const { state } = self;
  return [...pods.all()].filter(
    (other) => other.state.uid !== uid && other.state.namespace === state.namespace && same(state, other.state),
  );
}

function lose(held: HeldPod, { pods, clock }: Surroundings): void {
  if (held.state.stage === "ended") return;
  const { pod, events } = losePod(held.state, clock.now());
  pods.put(held.state.uid, { ...held, state: pod }, events);
}
