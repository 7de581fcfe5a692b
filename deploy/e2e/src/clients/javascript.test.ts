import { sharedCluster, useCluster } from "../support/index.js";
import { openStage } from "../kubectl/judge.js";
import { judgeClient } from "./client.js";
import { JAVASCRIPT } from "./javascript.js";

describe("the JavaScript client library", () => {
  useCluster();

  it("runs a command with input and exit code, and forwards a port, over WebSocket", async () => {
    await using stage = await openStage(await sharedCluster());
    await judgeClient(stage, JAVASCRIPT);
  });
});
