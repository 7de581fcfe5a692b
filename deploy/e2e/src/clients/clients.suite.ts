// `npm run e2e -- clients`: client libraries of several languages against the real API server and the gateway.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openAuditedStage, type Stage } from "../kubectl/judge.js";
import { ResultTable } from "../kubectl/table.js";
import { type Client, judgeClient } from "./client.js";
import { JAVASCRIPT } from "./javascript.js";
import { goClients, pythonClient } from "./languages.js";

const LIBRARIES: Readonly<Record<string, () => Promise<readonly Client[]>>> = {
  "JavaScript, client-node": async () => [JAVASCRIPT],
  "Python, kubernetes": async () => [await pythonClient()],
  "Go, client-go": goClients,
};

describe("exec and port-forward with a client library", function () {
  this.timeout(900_000);
  const table = new ResultTable("library");
  const folder = mkdtempSync(join(tmpdir(), "ob-"));
  let stage: Stage | undefined;

  before(async () => {
    stage = await openAuditedStage(folder);
  });

  after(async () => {
    await stage?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
    console.log(`\n${table.text()}\n`);
  });

  for (const [name, make] of Object.entries(LIBRARIES)) {
    it(`in ${name}`, async () => {
      table.set(name, "made ready", "FAILED");
      const clients = await make();
      table.set(name, "made ready", "ok");
      for (const client of clients) {
        table.set(name, client.transport, "FAILED");
        if (stage === undefined) throw new Error("there is no cluster");
        await judgeClient(stage, client);
        table.set(name, client.transport, "ok");
      }
    });
  }
});
