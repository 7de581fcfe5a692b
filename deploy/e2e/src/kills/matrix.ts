// Declares the tests of a choice of cells, and prints what came of them.

import { sharedCluster } from "../support/shared-cluster.js";
import { ResultTable } from "../kubectl/table.js";
import type { RuntimeProvider } from "./engine.js";
import type { Phase } from "./phases.js";
import { playCell, warmUp } from "./play.js";
import { openStage, type Stage, type Victim, VICTIMS } from "./stage.js";

export type Choice = (phase: Phase, victim: Victim, provider: RuntimeProvider) => boolean;

const START_MS = 300_000;
const CELL_MS = 600_000;

export function describeProvider(provider: RuntimeProvider, phases: readonly Phase[], choice: Choice): void {
  describe(provider, function () {
    this.timeout(CELL_MS);
    const table = new ResultTable(provider);
    let stage: Stage | undefined;
    const current = (): Stage => {
      if (stage === undefined) throw new Error("there is no node");
      return stage;
    };

    before(async function () {
      this.timeout(START_MS);
      await sharedCluster();
      stage = await openStage(provider);
      await warmUp(stage);
    });

    after(async function () {
      this.timeout(START_MS);
      await stage?.[Symbol.asyncDispose]();
      console.log(`\n${table.text()}\n`);
    });

    for (const phase of phases) {
      for (const victim of VICTIMS.filter((one) => choice(phase, one, provider))) {
        it(`${victim} killed in ${phase.name}`, async () => {
          table.set(phase.name, victim, "FAILED");
          const left = await playCell(current(), phase, victim);
          table.set(phase.name, victim, left.length === 0 ? "same" : "same (idle shim: dockerd's own)");
        });
      }
    }
  });
}
