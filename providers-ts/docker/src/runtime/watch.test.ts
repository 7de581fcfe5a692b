import { PassThrough } from "node:stream";
import { ManualClock } from "@outboard/provider-sdk";
import { eventually } from "@outboard/provider-sdk/testing";
import { expect } from "chai";
import type { Call, Connection } from "../api/connection.js";
import type { LogFollower } from "../logs/follower.js";
import { Instances } from "./instances.js";
import { watchEngine } from "./watch.js";

const LABELS = {
  "dev.outboard.uid": "u",
  "dev.outboard.namespace": "n",
  "dev.outboard.pod": "p",
  "dev.outboard.container": "main",
  "dev.outboard.attempt": "0",
  "dev.outboard.log-path": "/log",
  "dev.outboard.image": "i",
};
const IDENTITY = { uid: "u", namespace: "n", pod: "p", container: "main", attempt: 0, logPath: "/log", image: "i" };

describe("the watch of a container engine", () => {
  it("finds an end of which no event came when it lists everything the next time", async () => {
    const clock = new ManualClock();
    const over = new AbortController();
    const lists: string[] = [];
    let state = "running";
    const json = async ({ path }: Call): Promise<unknown> => {
      if (!path.startsWith("/containers/json")) {
        return Promise.resolve({ State: { Status: state, Running: state === "running", ExitCode: 4 }, Config: {} });
      }
      lists.push(path);
      return Promise.resolve([{ Id: "c", State: state, Labels: LABELS }]);
    };
    const events = new PassThrough();
    const connection = { json, stream: async () => Promise.resolve(events), negotiate: async () => Promise.resolve() };
    const logs = { follow: () => {}, finish: async () => Promise.resolve() };
    const instances = new Instances(connection as unknown as Connection, logs as unknown as LogFollower);
    const exits: (number | undefined)[] = [];
    instances.onExit((_uid, _container, _attempt, { exitCode }) => exits.push(exitCode));
    await instances.track({ id: "c", identity: IDENTITY });
    const tools = { connection: connection as unknown as Connection, instances, clock, onReach: () => {} };
    const watching = watchEngine({ ...tools, owner: { clusterId: "c", nodeName: "n" } }, over.signal);
    await eventually(() => lists.length === 1);
    state = "exited";
    await eventually(() => {
      clock.advance(1_000);
      return exits.length > 0;
    });
    expect(exits).to.deep.equal([4]);
    expect(lists).to.have.length(2);
    over.abort();
    events.end();
    await watching;
  });
});
