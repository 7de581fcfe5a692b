import { type Cluster, requireControlPlane, startCluster } from "@outboard/devcluster";
import { expect } from "chai";
import { matrixText, playMatrix, redText } from "./matrix.js";
import { PHASES } from "./cell.js";
import { playSoak } from "./soak.js";

const START_MS = 180_000;
const MATRIX_MS = 15 * 60_000;
const SOAK_MS = 5 * 60_000;
/** Named, so that every run of the tests does the same. */
const SEED = 20_261;
const say = (line: string): void => console.log(`      ${line}`);

describe("while things break", () => {
  let cluster: Cluster | undefined;

  before(async function () {
    await requireControlPlane(this);
    this.timeout(START_MS);
    cluster = await startCluster({ report: () => {} });
  });

  after(async function () {
    this.timeout(START_MS);
    await cluster?.[Symbol.asyncDispose]();
  });

  const running = (): Cluster => {
    if (cluster === undefined) throw new Error("there is no control plane");
    return cluster;
  };

  it("nothing is lost, duplicated, or wrongly failed or deleted: each fault in some phase", async function () {
    this.timeout(MATRIX_MS);
    const options = { names: [], phases: PHASES, cells: "diagonal", length: "short", jobs: 8, seed: SEED } as const;
    const played = await playMatrix(running(), options, say);
    console.log(`\n${matrixText(played)}\n`);
    expect(redText(played)).to.equal("");
  });

  it("nothing is lost in a soak of five minutes", async function () {
    this.timeout(SOAK_MS + MATRIX_MS);
    expect(await playSoak(running(), { soakMs: SOAK_MS, seed: SEED }, say)).to.deep.equal([]);
  });
});
