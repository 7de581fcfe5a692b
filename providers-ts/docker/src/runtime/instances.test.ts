import { expect } from "chai";
import type { Call, Connection } from "../api/connection.js";
import { EngineError } from "../api/errors.js";
import type { ContainerInspect, ContainerState } from "../api/objects.js";
import type { LogFollower } from "../logs/follower.js";
import type { Identity } from "../plan/labels.js";
import { Instances } from "./instances.js";

const IDENTITY: Identity = {
  uid: "u",
  container: "main",
  namespace: "n",
  pod: "p",
  attempt: 0,
  logPath: "/log",
  image: "i",
};

/** An engine that answers each look with the next of these; undefined: it knows none such. */
function engineOf(looks: readonly (string | undefined)[]): { readonly instances: Instances; readonly done: string[] } {
  const done: string[] = [];
  const rest = [...looks];
  const json = async (call: Call): Promise<unknown> => {
    done.push(`${call.method} ${call.path}`);
    const status = rest.shift();
    if (status === undefined) return Promise.reject(new EngineError(404, "no such container"));
    const state = { Status: status, Running: status === "running", ExitCode: 3 };
    return Promise.resolve({ Id: "c", State: state, Config: {}, HostConfig: {} } as unknown as ContainerInspect);
  };
  const logs = {
    follow: () => void done.push("follow"),
    finish: async () => Promise.resolve(void done.push("finish")),
  } as unknown as LogFollower;
  const instances = new Instances({ json } as unknown as Connection, logs);
  instances.onExit((_uid, container, _attempt, { exitCode, reason }) =>
    done.push(`end of ${container}: ${reason === "" ? String(exitCode) : reason}`),
  );
  return { instances, done };
}

describe("what the engine has", () => {
  const look = "GET /containers/c/json";

  it("is looked at once for an instance that runs, whose log is followed", async () => {
    const { instances, done } = engineOf(["running"]);
    const found = await instances.track({ id: "c", identity: IDENTITY });
    expect(found?.State.Running).to.equal(true);
    expect(done).to.deep.equal([look, "follow"]);
    expect(instances.find("u", "main", 0)).to.equal("c");
  });

  it("tells of one that ended at once, after its log", async () => {
    const { instances, done } = engineOf(["exited", "exited"]);
    await instances.track({ id: "c", identity: IDENTITY });
    expect(done).to.deep.equal([look, look, "finish", "end of main: 3"]);
  });

  it("looks once more where an end is told during a look, which may have come too early", async () => {
    const { instances, done } = engineOf(["running", "running", "exited"]);
    await instances.track({ id: "c", identity: IDENTITY });
    const early = instances.settle("c");
    await Promise.all([early, instances.settle("c"), instances.settle("c")]);
    expect(done.slice(2)).to.deep.equal([look, look, "finish", "end of main: 3"]);
  });

  it("tells of one that is gone", async () => {
    const { instances, done } = engineOf([]);
    expect(await instances.track({ id: "c", identity: IDENTITY })).to.equal(undefined);
    expect(done).to.deep.equal([look, look, "end of main: ContainerStatusUnknown"]);
  });

  it("tells of one that was made anew after its end with the code that the event of its end told", async () => {
    const ran = "2026-01-01T00:00:00Z";
    const anew: ContainerState = { Status: "created", Running: false, ExitCode: 0, StartedAt: ran, FinishedAt: ran };
    const exits: (number | undefined)[] = [];
    const json = async (): Promise<unknown> => Promise.resolve({ Id: "c", State: anew, Config: {}, HostConfig: {} });
    const logs = { finish: async () => Promise.resolve() } as unknown as LogFollower;
    const instances = new Instances({ json } as unknown as Connection, logs);
    instances.onExit((_uid, _container, _attempt, { exitCode }) => exits.push(exitCode));
    const tracked = instances.track({ id: "c", identity: IDENTITY });
    const died = [instances.died("c", 137), instances.died("c", 0)];
    await Promise.all([tracked, ...died]);
    expect(exits).to.deep.equal([137]);
  });

  it("lets nobody wait for the end of one that is forgotten", async () => {
    const { instances } = engineOf(["running"]);
    await instances.track({ id: "c", identity: IDENTITY });
    const waiting = instances.untilEnded("c", new AbortController().signal);
    instances.forget("c");
    expect(await waiting).to.equal(true);
  });
});
