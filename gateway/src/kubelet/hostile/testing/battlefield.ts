/** For a mocha suite: one gateway under attack, and a witness that must be answered after each test. */
import { startTarget, type Target } from "./target.js";
import { openWitness, type Witness } from "./witness.js";

const START_MS = 30_000;

/** Registers the hooks; the gateway is there once the tests run. */
export function useTarget(): () => Target {
  let target: Target | undefined;
  let witness: Witness | undefined;
  const current = (): Target => {
    if (target === undefined) throw new Error("the gateway was not started");
    return target;
  };
  before(async function () {
    this.timeout(START_MS);
    target = await startTarget();
    witness = await openWitness(target);
  });
  afterEach("the gateway lives and others did not notice", async function () {
    this.timeout(START_MS);
    current().expectAlive();
    await witness?.speak();
  });
  after(async function () {
    this.timeout(START_MS);
    witness?.[Symbol.dispose]();
    await target?.[Symbol.asyncDispose]();
  });
  return current;
}
