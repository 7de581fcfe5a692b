// A load client: a process of its own, so that it can run in another network namespace and its CPU time is not the
// bench's. Reads its setup and then orders, one line of JSON each, and answers each order with a line. Ends with its input.

import { createInterface } from "node:readline";
import { createConnector } from "./connection.js";
import { Held, runInput, runOutput, runStarts, type Scene } from "./exec-load.js";
import { runEcho, runLiveLogs, runLogs } from "./forward-load.js";
import type { Answer, ClientSetup, Order, Outcome } from "./orders.js";

const held = new Held();

await serve();
process.exit(0);

async function serve(): Promise<void> {
  let scene: Scene | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    if (scene === undefined) {
      const { endpoint, place } = JSON.parse(line) as ClientSetup;
      scene = { connector: createConnector(endpoint), place };
      continue;
    }
    const answer = await carryOut(scene, JSON.parse(line) as Order);
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

async function carryOut(scene: Scene, order: Order): Promise<Answer> {
  try {
    return { kind: "done", outcome: await run(scene, order) };
  } catch (error) {
    return { kind: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}

function run(scene: Scene, order: Order): Promise<Outcome> {
  switch (order.kind) {
    case "starts":
      return runStarts(scene, order);
    case "exec-output":
      return runOutput(scene, order);
    case "exec-input":
      return runInput(scene, order);
    case "forward-echo":
      return runEcho(scene, order);
    case "logs":
      return runLogs(scene, order.lines);
    case "live-logs":
      return runLiveLogs(scene, order);
    case "hold":
      return held.hold(scene, order);
    case "release":
      return held.release();
  }
}
