import { expect } from "chai";
import { parseManifest } from "@outboard/provider-sdk";
import { orderOf, runUntil, simPodOf } from "../harness.test.js";
import { createSimPod } from "./create.js";
import { beginStop } from "./ending.js";
import type { SimPod } from "./state.js";

const HOUR = 3_600_000;

function statesOf(pod: SimPod): Record<string, string> {
  return Object.fromEntries(pod.containers.map(({ name, now }) => [name, now.kind]));
}

describe("a simulated pod", () => {
  it("runs for ever without a script", () => {
    const { pod } = runUntil(simPodOf({}), 1000 * HOUR);
    expect([pod.stage, pod.sandbox, statesOf(pod)]).to.deep.equal(["started", "ready", { c: "running" }]);
  });

  it("starts at a whole millisecond, whatever its jitter, as all times are read so", () => {
    for (const uid of ["a", "b", "c"]) {
      const order = orderOf({ uid });
      const manifest = parseManifest(order.manifest?.json ?? new Uint8Array(0));
      const { readyAt = 0.5 } = createSimPod(order, manifest, { startMs: 10, jitterMs: 97, seed: "1" }, 0);
      expect(Number.isInteger(readyAt), String(readyAt)).to.equal(true);
      expect(readyAt).to.be.within(10, 107);
    }
  });

  it("ends by itself when nothing will run again", () => {
    const { pod } = runUntil(
      simPodOf({ annotations: { "run-ms": "500", "exit-code": "3" }, spec: spec("Never") }),
      HOUR,
    );
    expect([pod.stage, pod.sandbox, pod.at]).to.deep.equal(["ended", "gone", 500]);
    const { now } = pod.containers[0] ?? {};
    expect(now?.kind === "ended" && now.ended).to.include({ exitCode: 3, reason: "Error", since: 0, until: 500 });
  });

  it("restarts at once the first time, then after 10 s and 20 s, with back-off shown", () => {
    const { way } = runUntil(simPodOf({ annotations: { "run-ms": "1000", "exit-code": "1" } }), 40_000);
    const starts = way.flatMap((pod, index) => {
      const { now } = pod.containers[0] ?? {};
      return now?.kind === "running" && way[index - 1]?.containers[0]?.now.kind !== "running" ? [now.since] : [];
    });
    expect(starts).to.deep.equal([0, 1000, 12_000, 33_000]);
    const backOffs = way.flatMap(({ containers }) =>
      containers[0]?.now.kind === "back-off" ? [containers[0].now.backOffMs] : [],
    );
    expect(backOffs.slice(0, 2)).to.deep.equal([10_000, 20_000]);
  });

  it("uses one value per instance, the last one again and again", () => {
    const annotations = { "run-ms": "10", "exit-code": "1,2,0" };
    const { pod } = runUntil(simPodOf({ annotations, spec: spec("OnFailure") }), HOUR);
    expect([pod.stage, pod.containers[0]?.starts, pod.containers[0]?.last?.exitCode]).to.deep.equal(["ended", 3, 2]);
  });

  it("runs init containers one after the other, then sidecars, then the others", () => {
    const initContainers = [
      { name: "i1", image: "i" },
      { name: "s", image: "i", restartPolicy: "Always" },
      { name: "i2", image: "i" },
    ];
    const annotations = { "run-ms.i1": "100", "run-ms.i2": "200", "run-ms.c": "300" };
    const pod = simPodOf({ annotations, spec: { ...spec("Never"), initContainers } });
    expect(statesOf(runUntil(pod, 50).pod)).to.deep.equal({ i1: "running", s: "idle", i2: "idle", c: "idle" });
    expect(statesOf(runUntil(pod, 150).pod)).to.deep.equal({ i1: "ended", s: "running", i2: "running", c: "idle" });
    expect(statesOf(runUntil(pod, 350).pod)).to.deep.equal({ i1: "ended", s: "running", i2: "ended", c: "running" });
    expect(runUntil(pod, HOUR).pod).to.include({ stage: "ended", at: 600 });
  });

  it("ends its sidecars in reverse order once the others are through, within one grace period", () => {
    const sidecars = ["s1", "s2"].map((name) => ({ name, image: "i", restartPolicy: "Always" }));
    const annotations = { "run-ms.c": "100", "term-ms.s2": "2000", "term-ms.s1": "9000" };
    const podSpec = { ...spec("Never"), initContainers: sidecars, terminationGracePeriodSeconds: 5 };
    const { pod } = runUntil(simPodOf({ annotations, spec: podSpec }), HOUR);
    const ends = pod.containers.map(({ name, now }) => [
      name,
      now.kind === "ended" && [now.ended.until, now.ended.exitCode],
    ]);
    expect(ends).to.deep.equal([
      ["s1", [5100, 137]],
      ["s2", [2100, 0]],
      ["c", [100, 0]],
    ]);
    expect([pod.stage, pod.at]).to.deep.equal(["ended", 5100]);
  });

  it("that is stopped lets its sidecars live until the others have ended", () => {
    const initContainers = [{ name: "s", image: "i", restartPolicy: "Always" }];
    const running = runUntil(
      simPodOf({ annotations: { "term-ms.c": "1000" }, spec: { ...spec("Always"), initContainers } }),
      10,
    ).pod;
    const stopping = beginStop(running, 10, { graceMs: 30_000, cause: "USER" }).pod;
    expect(statesOf(runUntil(stopping, 1009).pod)).to.deep.equal({ s: "running", c: "running" });
    expect(runUntil(stopping, 1010).pod).to.include({ stage: "ended", at: 1010 });
    const sooner = beginStop(stopping, 20, { graceMs: 500, cause: "USER" }).pod;
    expect(runUntil(sooner, HOUR).pod.at).to.equal(520);
  });

  it("ends when an init container fails for good, and its other containers never start", () => {
    const initContainers = [{ name: "i", image: "i" }];
    const { pod } = runUntil(
      simPodOf({ annotations: { "exit-code.i": "1" }, spec: { ...spec("Never"), initContainers } }),
      HOUR,
    );
    expect([pod.stage, statesOf(pod)]).to.deep.equal(["ended", { i: "ended", c: "idle" }]);
  });

  it("waits for its pull, its room, its sandbox, or for ever", () => {
    expect(statesOf(runUntil(simPodOf({ annotations: { "pull-ms": "100" } }), 99).pod)).to.deep.equal({ c: "pulling" });
    const noRoom = simPodOf({ annotations: { "out-of-capacity": "100" } });
    expect(runUntil(noRoom, 99).pod.roomAt).to.equal(100);
    expect(runUntil(noRoom, 100).pod.stage).to.equal("started");
    expect(runUntil(simPodOf({ annotations: { "start-ms": "100" } }), 99).pod.sandbox).to.equal("creating");
    expect(runUntil(simPodOf({ annotations: { "never-start": "true" } }), HOUR).pod.stage).to.equal("preparing");
  });

  it("fails to start as often as its script says", () => {
    const pod = simPodOf({ annotations: { "fail-start": "ErrImagePull", "fail-start-times": "2" } });
    const { now } = runUntil(pod, 15_000).pod.containers[0] ?? {};
    expect(now?.kind === "failing" && now.reason).to.equal("ErrImagePull");
    expect(statesOf(runUntil(pod, 20_000).pod)).to.deep.equal({ c: "running" });
  });

  it("is lost without exit codes, and taken back with 137", () => {
    const lost = runUntil(simPodOf({ annotations: { "lose-ms": "50" } }), HOUR).pod;
    const taken = runUntil(simPodOf({ annotations: { "reclaim-ms": "50" } }), HOUR).pod;
    const exitOf = ({ containers }: SimPod) =>
      containers[0]?.now.kind === "ended" ? containers[0].now.ended.exitCode : "runs";
    expect([lost.stage, lost.stop?.cause, exitOf(lost)]).to.deep.equal(["ended", "BACKEND_LOST", undefined]);
    expect([taken.stage, taken.stop?.cause, exitOf(taken)]).to.deep.equal(["ended", "BACKEND_RECLAIMED", 137]);
  });

  it("that needs inputs starts nothing, but what runs may end", () => {
    const running = runUntil(simPodOf({ annotations: { "run-ms": "100", "exit-code": "1" } }), 50).pod;
    const { pod } = runUntil({ ...running, needsInputs: true }, HOUR);
    expect([pod.stage, pod.containers[0]?.starts, statesOf(pod)]).to.deep.equal(["started", 1, { c: "ended" }]);
  });

  it("goes on from a copy of its state as if nothing had been", () => {
    const half = runUntil(simPodOf({ annotations: { "run-ms": "1000", "exit-code": "1" } }), 6000).pod;
    const copy = JSON.parse(JSON.stringify(half)) as SimPod;
    expect(JSON.stringify(runUntil(copy, 100_000).pod)).to.equal(JSON.stringify(runUntil(half, 100_000).pod));
  });
});

function spec(restartPolicy: string): Record<string, unknown> {
  return { restartPolicy, containers: [{ name: "c", image: "i" }] };
}
