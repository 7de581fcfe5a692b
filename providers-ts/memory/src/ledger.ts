/**
 * What really happened, written down for tests: one line of JSON per change of a pod, appended to a file that no restart
 * forgets. A judge reads from it how often each pod was created and each container started, and with which code it ended.
 */
import { createHash } from "node:crypto";
import { appendFileSync } from "node:fs";
import type { PodInputs } from "@outboard/contract";
import type { HeldPod } from "./pods.js";
import type { ContainerNow, SimPod } from "./simulation/state.js";
import type { Store } from "./store.js";

/** The store, with every change told to the file as well. */
export function withLedger(store: Store, file: string): Store {
  const written = new Map<string, string>();
  const write = (uid: string, line: object): void => {
    const text = JSON.stringify(line);
    if (written.get(uid) === text) return;
    written.set(uid, text);
    appendFileSync(file, `${text}\n`);
  };
  return {
    owner: store.owner,
    saveOwner: (owner) => store.saveOwner(owner),
    load: () => store.load(),
    save: (held) => {
      store.save(held);
      write(held.state.uid, lineOf(held));
    },
    remove: (uid) => {
      store.remove(uid);
      write(uid, { uid, stage: "released" });
      written.delete(uid);
    },
  };
}

function lineOf({ state, inputs }: HeldPod): object {
  const { uid, name, stage, createdAt } = state;
  return {
    uid,
    name,
    stage,
    createdAt,
    ...causeOf(state),
    containers: containersOf(state),
    volumes: digestsOf(inputs),
  };
}

function causeOf({ stop }: SimPod): { readonly cause?: string } {
  return stop === undefined ? {} : { cause: stop.cause };
}

function containersOf({ containers }: SimPod): readonly object[] {
  return containers.map(({ name, starts, image, now, last }) => ({
    name,
    starts,
    image,
    now: now.kind,
    ...endOf(now),
    ...(last === undefined ? {} : { last: { instance: last.instance, exitCode: last.exitCode } }),
  }));
}

function endOf(now: ContainerNow): object {
  return "ended" in now ? { end: { instance: now.ended.instance, exitCode: now.ended.exitCode } } : {};
}

/** By volume: what its files say, as a digest. What is sensitive is left out. */
function digestsOf({ volumes }: PodInputs): Readonly<Record<string, string>> {
  return Object.fromEntries(
    volumes.map(({ name, files }) => {
      const hash = createHash("sha256");
      for (const { content, sensitive } of files) if (!sensitive) hash.update(content);
      return [name, hash.digest("hex")];
    }),
  );
}
