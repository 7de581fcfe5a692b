import { assert, asyncProperty } from "fast-check";
import { commandLists } from "./commands.js";
import { runCommands } from "./run.js";

/**
 * The same runs each time, so that a change is judged by what it changed. OUTBOARD_MODEL_SEED: another number, or "random" to
 * hunt; OUTBOARD_MODEL_RUNS: how many (default 2000). OUTBOARD_MODEL_SEED and OUTBOARD_MODEL_PATH, as a failure prints them,
 * repeat it.
 */
const RUNS = Number(process.env["OUTBOARD_MODEL_RUNS"] ?? 2_000);
const SEED = process.env["OUTBOARD_MODEL_SEED"] ?? "1";
const PATH = process.env["OUTBOARD_MODEL_PATH"];
const MS_PER_RUN = 100;

describe("the pod controller, whatever happens", () => {
  it("keeps its laws", async function () {
    this.timeout(60_000 + RUNS * MS_PER_RUN);
    await assert(asyncProperty(commandLists(30), runCommands), {
      numRuns: RUNS,
      ...(SEED === "random" ? {} : { seed: Number(SEED) }),
      ...(PATH === undefined ? {} : { path: PATH }),
    });
  });
});
