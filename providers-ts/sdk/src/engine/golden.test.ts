/** The engine beside a real kubelet: recorded pods, played on the fake runtime. */
import type { ContainerObservation } from "@outboard/contract";
import { expect } from "chai";
import { GOLDEN_CASES, type GoldenCase, type Script } from "./testing/golden-cases.js";
import { Harness, UID } from "./testing/harness.js";
import { RuntimeError } from "./runtime.js";

const STEP_MS = 250;
const LONGEST_MS = 60_000;

/** What the containers do by themselves. */
function follow(h: Harness, { exits = {}, stops = {}, broken = [], exec }: Script): void {
  const startedAt = new Map<string, number>();
  for (const [name, behaviour] of Object.entries(stops)) h.runtime.stopBehaviour.set(name, behaviour);
  h.runtime.onStart = ({ name, attempt }) => {
    if (broken.includes(name)) {
      throw new RuntimeError("RunContainerError", 'exec: "/no/such": stat /no/such: no such file or directory');
    }
    startedAt.set(name, h.clock.now());
    const end = exits[`${name}/${attempt}`];
    if (end === undefined) return;
    h.clock.after(end[0], () => h.runtime.exit(UID, name, attempt, { exitCode: end[1] }));
  };
  h.runtime.onExec = async (name, command, io) => {
    const answer = exec?.(command.join(" "), h.clock.now() - (startedAt.get(name) ?? 0)) ?? [0, ""];
    if (answer === "never") return await new Promise(() => {});
    await io.stdout(Buffer.from(answer[1]));
    return { exitCode: answer[0] };
  };
}

/** Lets the time of a case pass until its pod has ended. */
async function play(h: Harness, { spec, script }: GoldenCase): Promise<void> {
  await h.create(spec);
  await h.quiet();
  const grace = spec["terminationGracePeriodSeconds"] as number;
  for (let passed = 0; passed <= LONGEST_MS && !h.state.startsWith("ENDED"); passed += STEP_MS) {
    if (passed === script.deleteAfterMs) await h.stopPod(grace);
    await h.advance(STEP_MS);
  }
  expect(h.state).to.match(/^ENDED/);
}

function statesOf(h: Harness, name: string): readonly string[] {
  const all = h.observations.flatMap(({ containers }) => containers.filter((one) => one.name === name)).map(textOf);
  return all.filter((text, index) => text !== all[index - 1]);
}

function textOf(shown: ContainerObservation): string {
  const { state, restartCount, ready, started } = shown;
  const count = `#${restartCount}`;
  switch (state?.$case) {
    case "waiting":
      return `waiting ${state.value.reason} ${count}`;
    case "running":
      return ready === false && started !== false ? `running unready ${count}` : `running ${count}`;
    case "terminated": {
      const { reason, exitCode } = state.value;
      const shownReason = reason || (exitCode === 0 ? "Completed" : "Error");
      return `terminated ${shownReason} ${exitCode} ${count}`;
    }
    case undefined:
      return `unknown ${count}`;
  }
}

function eventsOf(h: Harness): readonly string[] {
  const all = h.events.map((event) => `${event.reason} ${event.container}: ${event.message.replaceAll(UID, "UID")}`);
  return [...new Set(all)];
}

/** Containers are ended side by side: the kubelet tells of that in any order. */
function inOrder(events: readonly string[]): readonly string[] {
  const isKilling = (text: string): boolean => text.includes("Stopping container");
  return [...events.filter((text) => !isKilling(text)), ...events.filter(isKilling).toSorted()];
}

describe("pod engine: as a real kubelet", () => {
  for (const golden of GOLDEN_CASES) {
    it(`shows the states and events of ${golden.name}`, async function () {
      this.timeout(10_000);
      await using h = await Harness.start();
      follow(h, golden.script);
      await play(h, golden);
      const states = Object.keys(golden.states).map((name): [string, readonly string[]] => [name, statesOf(h, name)]);
      expect(Object.fromEntries(states)).to.deep.equal(golden.states);
      expect(inOrder(eventsOf(h))).to.deep.equal(inOrder(golden.events));
    });
  }
});
