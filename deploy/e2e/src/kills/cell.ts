// One pod that is in a phase of its life while something is killed, and what must be true of it afterwards.

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BUSYBOX_IMAGE, type Hold } from "@outboard/runtimes";
import { expect } from "chai";
import { backendEmpty } from "../support/backend.js";
import { pod as podOf } from "../support/builders.js";
import type { Container, Pod, PodSpec } from "../support/objects.js";
import { createPod, lastOf, podWhen } from "../support/pods.js";
import { eventually } from "@outboard/devcluster";
import type { Running } from "./engine.js";
import { fileHold, waitInShell } from "./hold.js";
import type { Stage } from "./stage.js";
import { oursOf } from "./verdict.js";

export const WAIT_MS = 60_000;
export const EXIT_CODE = 7;

export interface Cell {
  readonly stage: Stage;
  readonly name: string;
  create(spec: Partial<PodSpec>): Promise<Pod>;
  pod(): Pod;
  /** Lines that containers wrote into the file. */
  count(file: string): number;
  hold(name: string): Hold;
  when(wanted: (pod: Pod) => boolean, message: string): Promise<Pod>;
  running(): Promise<readonly Running[]>;
  /** The runtime was killed while it created this container. */
  cutOff?: string | undefined;
  /** Traces that were left to the runtime, which leaves them alone as well. */
  readonly left: string[];
  /** Asks for its end and answers at once. */
  startDeleting(): Promise<void>;
  /** The pod as it was last seen, once it is gone. */
  last(): Promise<Pod>;
}

export function openCell(stage: Stage, name: string): Cell {
  const folder = join(stage.world.folder, "cells", name);
  mkdirSync(folder, { recursive: true });
  let created: Pod | undefined;
  let last: Promise<Pod> | undefined;
  const pod = (): Pod => {
    if (created === undefined) throw new Error("the pod was not made");
    return created;
  };
  return {
    stage,
    name,
    left: [],
    create: async (spec) => {
      const volumes = [{ name: "count", hostPath: { path: folder } }];
      created = await createPod(stage.world, podOf(stage.world, name, { spec: { volumes, ...spec } }));
      return created;
    },
    pod,
    count: (file) => linesIn(join(folder, file)),
    hold: (file) => fileHold(folder, file),
    when: async (wanted, message) => podWhen(stage.world, name, wanted, { message, timeoutMs: WAIT_MS }),
    running: async () => stage.engine.runningOf(pod().metadata.uid ?? ""),
    startDeleting: async () => {
      last ??= lastOf(stage.world, pod(), WAIT_MS);
      last.catch(() => undefined);
      await stage.world.kubectl(["delete", "pod", name, "--wait=false"]);
    },
    last: async () => last ?? Promise.reject(new Error("the pod was not deleted")),
  };
}

/** Counts its starts in /count/main; ends with EXIT_CODE when asked to: some images want QUIT for that. */
export function mainContainer(more: Partial<Container> = {}, before = ""): Container {
  const trap = `trap '${waitInShell("term")}; exit ${EXIT_CODE}' TERM QUIT`;
  const script = `echo x >>/count/main; ${before} ${trap}; while :; do sleep 0.1; done`;
  return counting("main", script, more);
}

export function counting(name: string, script: string, more: Partial<Container> = {}): Container {
  const volumeMounts = [{ name: "count", mountPath: "/count" }];
  return { name, image: BUSYBOX_IMAGE, command: ["sh", "-c", script], volumeMounts, ...more };
}

export interface Expected {
  /** By file of the cell. */
  readonly counts: Readonly<Record<string, number>>;
  readonly restarts: number;
}

/** It runs, what ran before the kill still does, and there is nothing beside it. */
export async function expectRunning(cell: Cell, before: readonly Running[], expected: Expected): Promise<void> {
  const isSettled = ({ status }: Pod): boolean =>
    status?.containerStatuses?.[0]?.ready === true && status.containerStatuses[0].restartCount === expected.restarts;
  const pod = await cell.when(isSettled, `ready with ${expected.restarts} restarts`);
  const running = await eventually(async () => cell.running(), { message: "the runtime's answer" });
  expect(running.map(({ name }) => name).toSorted(), "what runs").to.deep.equal(["", "main"]);
  expect(running, "what ran before").to.include.deep.members([...before]);
  const main = running.find(({ name }) => name === "main");
  expect(pod.status?.containerStatuses?.[0]?.containerID).to.match(new RegExp(`${main?.id}$`));
  expectCounts(cell, expected);
}

/** It ended by itself after TERM, with its exit code, and nothing is left of it. */
export async function expectGone(cell: Cell, expected: Expected): Promise<void> {
  const last = await cell.last();
  const main = last.status?.containerStatuses?.[0];
  expect(main?.state?.terminated?.exitCode, `exit code; ${JSON.stringify(main)}`).to.equal(EXIT_CODE);
  expect(main?.restartCount, "restarts").to.equal(expected.restarts);
  expectCounts(cell, expected);
  await backendEmpty(cell.stage.world);
  await expectNoTraces(cell);
}

async function expectNoTraces({ stage, cutOff, left }: Cell): Promise<void> {
  const { runtimeKeepsShim } = stage;
  let traces: readonly string[] = [];
  const none = async (): Promise<boolean> => {
    const all = await stage.traces();
    traces = oursOf(all, { runtimeKeepsShim, cutOff });
    left.splice(0, left.length, ...all.filter((trace) => !traces.includes(trace)));
    return traces.length === 0;
  };
  await eventually(none, { message: "nothing left", timeoutMs: 30_000, intervalMs: 500 }).catch((error: unknown) => {
    throw new Error(`left: ${traces.join("; ")}`, { cause: error });
  });
}

function expectCounts(cell: Cell, { counts }: Expected): void {
  const seen = Object.fromEntries(Object.keys(counts).map((file) => [file, cell.count(file)]));
  expect(seen, "starts").to.deep.equal(counts);
}

function linesIn(file: string): number {
  try {
    return readFileSync(file, "utf8").split("\n").length - 1;
  } catch {
    return 0;
  }
}
