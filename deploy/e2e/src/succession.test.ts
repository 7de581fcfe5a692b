import { expect } from "chai";
import {
  backendEmpty,
  container,
  type CoreEvent,
  createPod,
  eventually,
  type Lease,
  leasePath,
  type ManagedProcess,
  pod,
  podRunning,
  podWhen,
  startWorld,
  useCluster,
  type World,
} from "./support/index.js";
import { startSecondGateway } from "./support/second-gateway.js";
import { expectUntouched, takeNote, type Untouched } from "./support/untouched.js";

/** How often a poll looks: the measured times are as exact as this. */
const LOOK_MS = 20;

async function runPods(world: World): Promise<Untouched> {
  const names = ["one", "two", "three"];
  for (const name of names) await createPod(world, pod(world, name));
  for (const name of names) await podRunning(world, name);
  await eventually(async () => (await eventsOf(world, "one")).some(({ reason }) => reason === "Started"), {
    message: "the events of a start",
  });
  return takeNote(world, names);
}

async function fencingOf(world: World): Promise<number> {
  return (await world.api.get<Lease>(leasePath(world))).spec?.leaseTransitions ?? 0;
}

async function eventsOf(world: World, name: string): Promise<readonly CoreEvent[]> {
  const fieldSelector = `involvedObject.name=${name}`;
  const path = `/api/v1/namespaces/${world.namespace}/events?${new URLSearchParams({ fieldSelector }).toString()}`;
  return (await world.api.list<CoreEvent>(path)).items;
}

/** Milliseconds from now until the Lease is another's, and until the node is served by it: a new pod runs. */
async function successionTimes(world: World, fencing: number): Promise<{ lease: number; served: number }> {
  const from = performance.now();
  await eventually(async () => (await fencingOf(world)) > fencing, {
    message: "the lease taken over",
    timeoutMs: 30_000,
    intervalMs: LOOK_MS,
  });
  const lease = performance.now() - from;
  await createPod(world, pod(world, "after"));
  await podWhen(world, "after", ({ status }) => status?.phase === "Running", { message: "Running" });
  return { lease, served: performance.now() - from };
}

async function endOf(gateway: ManagedProcess): Promise<ReturnType<ManagedProcess["exit"]>> {
  return eventually(() => gateway.exit(), {
    message: "the older gateway's end",
    timeoutMs: 40_000,
    intervalMs: LOOK_MS,
  });
}

function print(what: string, times: Readonly<Record<string, number>>): void {
  const parts = Object.entries(times).map(([name, ms]) => `${name} ${(ms / 1_000).toFixed(2)} s`);
  console.log(`        ${what}: ${parts.join(", ")}`);
}

describe("succession", () => {
  useCluster();

  for (const provider of ["memory", "process"] as const) {
    it(`of a gateway that still runs: the younger takes over at once, no pod changes (${provider})`, async () => {
      await using world = await startWorld({ provider });
      const before = await runPods(world);
      const fencing = await fencingOf(world);
      const from = performance.now();
      const ending = endOf(world.gateway).then((exit) => ({ exit, ms: performance.now() - from }));
      await using second = await startSecondGateway(world);
      const times = await successionTimes(world, fencing);
      const { exit, ms } = await ending;
      print("lease taken, new pod Running, older one ended", { ...times, ended: ms });
      expect(exit).to.deep.equal({ kind: "code", code: 3 });
      expect(await fencingOf(world)).to.equal(fencing + 1);
      await expectUntouched(world, before);
      await world.kubectl(["delete", "pod", "--all"]);
      await backendEmpty(world);
      second.expectRunning();
    });

    it(`of a gateway that was killed: no pod changes, no event is told again (${provider})`, async () => {
      await using world = await startWorld({ provider, gatewayArgs: ["--cluster-dns", "10.0.0.10"] });
      const before = await runPods(world);
      const events = await eventsOf(world, "one");
      const fencing = await fencingOf(world);
      await world.killGateway();
      world.gateway.start();
      const times = await successionTimes(world, fencing);
      print("lease taken, new pod Running", times);
      await expectUntouched(world, before);
      await eventually(async () => (await eventsOf(world, "after")).some(({ reason }) => reason === "Started"), {
        message: "events of the new pod, which follow those told again",
      });
      expect(await eventsOf(world, "one")).to.deep.equal(events);
      await world.kubectl(["delete", "pod", "--all"]);
      await backendEmpty(world);
    });
  }

  it("of a gateway that was away for a while: what happened meanwhile is told", async function () {
    this.timeout(120_000);
    await using world = await startWorld({ provider: "process" });
    const containers = [container("main", "sleep 3; exit 5")];
    await createPod(world, pod(world, "restarts", { spec: { containers } }));
    await podRunning(world, "restarts");
    await eventually(async () => starts(await eventsOf(world, "restarts")) === 1, { message: "the first start told" });
    await world.killGateway();
    const since = performance.now();
    await eventually(() => performance.now() - since > 8_000, { message: "some starts", timeoutMs: 20_000 });
    await world.startGateway();
    await eventually(async () => starts(await eventsOf(world, "restarts")) >= 2, { message: "the other starts told" });
    await world.kubectl(["delete", "pod", "restarts"]);
    await backendEmpty(world);
  });
});

/** How often a start was told. */
function starts(events: readonly CoreEvent[]): number {
  return events.filter(({ reason }) => reason === "Started").reduce((sum, { count = 1 }) => sum + count, 0);
}
