// The phases of a pod's life in which something is killed: how a pod gets there and stays there, and what it must come to.

import { eventually } from "@outboard/devcluster";
import type { Hold } from "@outboard/runtimes";
import type { Pod } from "../support/objects.js";
import { type Cell, counting, type Expected, mainContainer, WAIT_MS } from "./cell.js";
import { NO_HOLD, waitInShell } from "./hold.js";

export interface Phase {
  readonly name: string;
  /** Brings the pod there. Answers what keeps it there; its release lets it go on. */
  enter(cell: Cell): Promise<Hold>;
  /** Deleted already when the kill comes. */
  readonly isEnding: boolean;
  /** What holds it would also hold up a runtime that comes back. */
  readonly isHeldBelow?: true;
  /** What is held is the creation of a container in the runtime. */
  readonly isCreating?: true;
  readonly expected: Expected;
}

const ONCE: Expected = { counts: { main: 1 }, restarts: 0 };
const GRACE = { terminationGracePeriodSeconds: 120 };

export const PHASES: readonly Phase[] = [
  {
    name: "image pull",
    enter: async (cell) => {
      const image = cell.stage.freshImage();
      return creating(cell, cell.stage.registry.blobs, { containers: [mainContainer({ image })] });
    },
    isEnding: false,
    expected: ONCE,
  },
  {
    name: "sandbox creation",
    enter: async (cell) => creating(cell, cell.stage.runc.create(""), { containers: [mainContainer()] }),
    isHeldBelow: true,
    isCreating: true,
    isEnding: false,
    expected: ONCE,
  },
  {
    name: "init container creation",
    enter: async (cell) => {
      const initContainers = [counting("first", "echo x >>/count/first; : init-is-held")];
      const hold = cell.stage.runc.create("init-is-held");
      return creating(cell, hold, { initContainers, containers: [mainContainer()] });
    },
    isHeldBelow: true,
    isCreating: true,
    isEnding: false,
    expected: { counts: { first: 1, main: 1 }, restarts: 0 },
  },
  {
    name: "main container creation",
    enter: async (cell) => {
      const initContainers = [counting("first", "echo x >>/count/first")];
      const hold = cell.stage.runc.create("main-is-held");
      return creating(cell, hold, { initContainers, containers: [mainContainer({}, ": main-is-held;")] });
    },
    isHeldBelow: true,
    isCreating: true,
    isEnding: false,
    expected: { counts: { first: 1, main: 1 }, restarts: 0 },
  },
  {
    name: "running",
    enter: async (cell) => {
      await running(cell);
      return NO_HOLD;
    },
    isEnding: false,
    expected: ONCE,
  },
  {
    name: "postStart hook",
    enter: async (cell) => {
      const lifecycle = { postStart: { exec: { command: ["sh", "-c", waitInShell("hook")] } } };
      return creating(cell, cell.hold("hook"), { containers: [mainContainer({ lifecycle })] });
    },
    isEnding: false,
    expected: ONCE,
  },
  {
    name: "restart back-off",
    enter: async (cell) => {
      await cell.create({ containers: [mainContainer({}, "[ $(wc -l </count/main) -lt 3 ] && exit 3;")] });
      await cell.when(isBackingOff, "in back-off after one restart");
      return NO_HOLD;
    },
    isEnding: false,
    expected: { counts: { main: 3 }, restarts: 2 },
  },
  {
    name: "deletion with grace",
    enter: async (cell) => {
      await running(cell);
      return deleting(cell, cell.hold("term"));
    },
    isEnding: true,
    expected: ONCE,
  },
  {
    name: "preStop hook",
    enter: async (cell) => {
      const lifecycle = { preStop: { exec: { command: ["sh", "-c", waitInShell("hook")] } } };
      await running(cell, { lifecycle });
      return deleting(cell, cell.hold("hook"));
    },
    isEnding: true,
    expected: ONCE,
  },
  {
    name: "removal",
    enter: async (cell) => {
      await running(cell);
      const sandbox = (await cell.running()).find(({ name }) => name === "");
      return deleting(cell, cell.stage.runc.remove(sandbox?.id ?? ""));
    },
    isHeldBelow: true,
    isEnding: true,
    expected: ONCE,
  },
];

async function creating(cell: Cell, hold: Hold, spec: Parameters<Cell["create"]>[0]): Promise<Hold> {
  hold.arm();
  await cell.create({ ...GRACE, ...spec });
  return reached(hold);
}

async function running(cell: Cell, more: Parameters<typeof mainContainer>[0] = {}): Promise<void> {
  await cell.create({ ...GRACE, containers: [mainContainer(more)] });
  await cell.when(({ status }) => status?.containerStatuses?.[0]?.ready === true, "ready");
  await eventually(() => cell.count("main") === 1, { message: "its first line", timeoutMs: WAIT_MS });
}

async function deleting(cell: Cell, hold: Hold): Promise<Hold> {
  hold.arm();
  await cell.startDeleting();
  return reached(hold);
}

async function reached(hold: Hold): Promise<Hold> {
  await eventually(() => hold.isReached(), { message: "the phase", timeoutMs: WAIT_MS });
  return hold;
}

function isBackingOff({ status }: Pod): boolean {
  const main = status?.containerStatuses?.[0];
  return main?.state?.waiting?.reason === "CrashLoopBackOff" && main.restartCount === 1;
}
