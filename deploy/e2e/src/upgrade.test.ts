import { join } from "node:path";
import { expect } from "chai";
import {
  backendEmpty,
  createPod,
  eventually,
  type ManagedProcess,
  pod,
  podRunning,
  startWorld,
  useCluster,
  type World,
} from "./support/index.js";
import { LATER_REVISION } from "./support/later-gateway.js";
import { manageProcess } from "./support/managed-process.js";
import { providerProgram } from "./support/programs.js";
import { startSecondGateway } from "./support/second-gateway.js";
import { expectUntouched, takeNote, type Untouched } from "./support/untouched.js";

async function runPods(world: World): Promise<Untouched> {
  const names = ["one", "two"];
  for (const name of names) await createPod(world, pod(world, name));
  for (const name of names) await podRunning(world, name);
  return takeNote(world, names);
}

/** A provider of the release that speaks these revisions, in the place of the one that ran. */
async function swapProvider(world: World, old: ManagedProcess, revisions: string): Promise<ManagedProcess> {
  await old.stop();
  const program = providerProgram({
    provider: "memory",
    socket: world.socket,
    stateFolder: join(world.folder, "state"),
    args: ["--revisions", revisions],
  });
  const next = manageProcess(program, join(world.folder, `provider-${revisions}-${Date.now()}.log`));
  next.start();
  return next;
}

/** The gateway has a session of that revision, the last of `sessions`. */
async function sessionOf(gateway: ManagedProcess, sessions: number, revision: number): Promise<void> {
  const opened = await eventually(
    () => {
      gateway.expectRunning();
      const all = revisionsIn(gateway.log());
      return all.length >= sessions ? all : undefined;
    },
    { message: `session ${sessions} of the gateway`, timeoutMs: 60_000 },
  );
  expect(opened.at(-1)).to.equal(revision);
}

function revisionsIn(log: string): readonly number[] {
  const lines = log.split("\n").filter((line) => line.includes('"msg":"session opened"'));
  return lines.map((line) => (JSON.parse(line) as { readonly revision: number }).revision);
}

/** It works, old and new: a pod comes and goes. */
async function expectServed(world: World, name: string): Promise<void> {
  await createPod(world, pod(world, name));
  await podRunning(world, name);
  await world.kubectl(["delete", "pod", name]);
}

describe("a rolling upgrade", () => {
  useCluster();

  it("of the provider and back: the gateway goes on with the revision that both speak, no pod changes", async function () {
    this.timeout(180_000);
    await using world = await startWorld({ provider: "memory" });
    const before = await runPods(world);
    await sessionOf(world.gateway, 1, 1);
    await using newer = await swapProvider(world, world.provider, `1,${LATER_REVISION}`);
    await sessionOf(world.gateway, 2, 1);
    await expectServed(world, "with-newer");
    await expectUntouched(world, before);
    await newer.stop();
    await world.startProvider();
    await sessionOf(world.gateway, 3, 1);
    await expectServed(world, "with-older");
    await expectUntouched(world, before);
    await world.kubectl(["delete", "pod", "--all"]);
    await backendEmpty(world);
  });

  it("of the gateway, then the provider, then the gateway back: each pair speaks its best revision", async function () {
    this.timeout(180_000);
    await using world = await startWorld({ provider: "memory" });
    const before = await runPods(world);
    await using later = await startSecondGateway(world, { speaksLater: true });
    await sessionOf(later, 1, 1); // new gateway, old provider
    await eventually(() => world.gateway.exit(), { message: "the older gateway's end", timeoutMs: 40_000 });
    await expectUntouched(world, before);
    await using newer = await swapProvider(world, world.provider, `1,${LATER_REVISION}`);
    await sessionOf(later, 2, LATER_REVISION);
    await expectServed(world, "both-newer");
    await expectUntouched(world, before);
    await using old = await startSecondGateway(world);
    await sessionOf(old, 1, 1); // old gateway, new provider
    await eventually(() => later.exit(), { message: "the newer gateway's end", timeoutMs: 40_000 });
    expect(later.exit()).to.deep.equal({ kind: "code", code: 3 });
    await expectServed(world, "old-again");
    await expectUntouched(world, before);
    newer.expectRunning();
    await world.kubectl(["delete", "pod", "--all"]);
    await backendEmpty(world);
  });
});
