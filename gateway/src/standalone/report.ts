/** Pods as people or programs read them: a line per change, in the columns of `kubectl get pods`, or JSON. */
import type { Pod } from "../domain/kubernetes.js";
import { readyWord, restartCount, statusWord } from "./status-word.js";

/** Prints pods as they change. */
export interface Reporter {
  /** Takes the newest state of a pod; undefined: gone. */
  take(uid: string, pod: Pod | undefined): void;
}

/** Creates a reporter that hands out lines; a line equal to the pod's last one is not printed again. */
export function createReporter(form: "table" | "json" | "none", print: (line: string) => void): Reporter {
  switch (form) {
    case "table":
      return new TableReporter(print);
    case "json":
      return new JsonReporter(print);
    case "none":
      return { take: () => {} };
  }
}

/** Columns with at least these widths; a longer value pushes its line, not the others. */
class TableReporter implements Reporter {
  readonly #print: (line: string) => void;
  readonly #shown = new Map<string, { readonly name: string; readonly line: string }>();
  #isHeaded = false;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  take(uid: string, pod: Pod | undefined): void {
    const last = this.#shown.get(uid);
    if (pod === undefined) {
      this.#shown.delete(uid);
      if (last !== undefined) this.#print(row([last.name, "-", "Gone", "-"]));
      return;
    }
    const name = nameOf(pod);
    const line = row([name, readyWord(pod), statusWord(pod), String(restartCount(pod))]);
    if (line === last?.line) return;
    this.#shown.set(uid, { name, line });
    if (!this.#isHeaded) this.#print(row(["NAME", "READY", "STATUS", "RESTARTS"]));
    this.#isHeaded = true;
    this.#print(line);
  }
}

/** Namespaces other than "default" are shown before the name. */
function nameOf({ metadata: { namespace, name } }: Pod): string {
  return namespace === "default" ? name : `${namespace}/${name}`;
}

function row([name, ready, status, restarts]: readonly [string, string, string, string]): string {
  return `${name.padEnd(32)} ${ready.padEnd(6)} ${status.padEnd(24)} ${restarts}`;
}

/** One object a line: {uid, namespace, name, status} for a state, {uid, gone: true} at the end. */
class JsonReporter implements Reporter {
  readonly #print: (line: string) => void;
  readonly #shown = new Map<string, string>();

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  take(uid: string, pod: Pod | undefined): void {
    if (pod === undefined) {
      this.#shown.delete(uid);
      this.#print(JSON.stringify({ uid, gone: true }));
      return;
    }
    const { namespace, name } = pod.metadata;
    const line = JSON.stringify({ uid, namespace, name, status: pod.status });
    if (line === this.#shown.get(uid)) return;
    this.#shown.set(uid, line);
    this.#print(line);
  }
}
