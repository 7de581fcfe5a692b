// The fast part of the matrix: the devcluster's own kubectl.

import { expect } from "chai";
import { sharedCluster, useCluster } from "../support/index.js";
import { expectTransport, markLogs } from "./arrivals.js";
import { COMMANDS } from "./commands.js";
import { judgeRelease, openStage, type Stage } from "./judge.js";
import { ResultTable } from "./table.js";

describe("kubectl of the cluster's version", () => {
  useCluster();
  let stage: Stage | undefined;
  const current = (): Stage => {
    if (stage === undefined) throw new Error("there is no cluster");
    return stage;
  };

  before(async function () {
    this.timeout(60_000);
    stage = await openStage(await sharedCluster());
  });

  after(async function () {
    this.timeout(60_000);
    await stage?.[Symbol.asyncDispose]();
  });

  const program = (): string => current().world.cluster.kubectlPath;
  judgeRelease({ version: "own", minor: 37, program }, current, new ResultTable("kubectl"));

  it("does not pass for SPDY when it came over WebSocket", async () => {
    const { world } = current();
    const mark = markLogs(world, undefined);
    const exec = COMMANDS.find(({ name }) => name === "exec");
    await exec?.run({ world, program: program(), transport: "websocket" });
    const error = await expectTransport(world, mark, "exec", "spdy").catch((cause: unknown) => cause);
    expect(error).to.have.property("message").that.contains("exec came to the gateway over websocket with 101");
  });
});
