// Plays one cell of the matrix: the phase, the kill, the return, the judgement.

import { backendEmpty } from "../support/backend.js";
import { type Cell, expectGone, expectRunning, openCell } from "./cell.js";
import type { Phase } from "./phases.js";
import { type Stage, type Victim, VICTIMS } from "./stage.js";

/** Answers what the runtime kept that it also keeps without us. @throws with what was not as without the kill */
export async function playCell(stage: Stage, phase: Phase, victim: Victim): Promise<readonly string[]> {
  const cell = openCell(stage, `${phase.name}-${victim}`.replaceAll(" ", "-").toLowerCase());
  try {
    await play(cell, phase, victim);
    if (cell.left.length > 0) await stage.traces("remember");
    return cell.left;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    await recover(stage);
    throw error;
  }
}

async function play(cell: Cell, phase: Phase, victim: Victim): Promise<void> {
  const { stage } = cell;
  const hold = await phase.enter(cell);
  try {
    const before = await cell.running();
    await stage.kill(victim);
    if (phase.isCreating === true && victim === "runtime") cell.cutOff = stage.runc.heldId();
    // A runtime that comes back waits for its shims.
    if (phase.isHeldBelow === true && victim === "runtime") hold.release();
    await stage.revive(victim);
    hold.release();
    if (!phase.isEnding) {
      await expectRunning(cell, before, phase.expected);
      await cell.startDeleting();
    }
    await expectGone(cell, phase.expected);
  } finally {
    hold.release();
  }
}

/** Lets a pod live and end: what runtimes make once and keep is there afterwards. */
export async function warmUp(stage: Stage): Promise<void> {
  const { world, engine } = stage;
  await world.kubectl([
    "run",
    "warm-up",
    "--image=registry.k8s.io/e2e-test-images/busybox:1.37.0-2",
    "--restart=Never",
    `--overrides={"spec":{"nodeName":"${world.nodeName}"}}`,
    "--",
    "true",
  ]);
  await world.kubectl(["wait", "pod/warm-up", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=120s"]);
  await world.kubectl(["delete", "pod", "warm-up"]);
  await backendEmpty(world);
  await engine.everything();
  await stage.traces("remember");
}

/** So that the next cell is judged by what it does itself. */
async function recover(stage: Stage): Promise<void> {
  for (const victim of VICTIMS) {
    await stage.kill(victim).catch(() => undefined);
    await stage.revive(victim).catch((error: unknown) => console.error(String(error)));
  }
  await stage.world.tryKubectl(["delete", "pod", "--all", "--grace-period=1", "--timeout=60s"]);
  await backendEmpty(stage.world).catch((error: unknown) => console.error(String(error)));
  await stage.traces("remember");
}
