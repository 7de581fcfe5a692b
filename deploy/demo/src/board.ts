// What the standalone gateway says about its pods, kept up to date and shown as a growing table.

import type { Child } from "@outboard/devcluster";
import type { Pod } from "./pod.js";
import { createPodTable } from "./pod-table.js";
import type { Screen } from "./screen.js";
import { followStatus, type StatusLine } from "./status-lines.js";

export interface Board {
  readonly pods: ReadonlyMap<string, Pod>;
  readonly gone: ReadonlySet<string>;
  /** Takes what the gateway printed since the last call and shows it. */
  update(): void;
  /** From now on every pod is being deleted: its manifest is away. */
  expectDeletion(): void;
}

export function createBoard(
  screen: Screen,
  gateway: Child,
  specs: ReadonlyMap<string, NonNullable<Pod["spec"]>>,
): Board {
  const follower = followStatus(gateway.logFile);
  const table = createPodTable((line) => screen.line(line));
  const started = performance.now();
  const pods = new Map<string, Pod>();
  const gone = new Set<string>();
  let deletion: { readonly deletionTimestamp?: string } = {};
  const take = (line: StatusLine, seconds: number): void => {
    if (line.kind === "gone") {
      const name = [...pods.values()].find(({ metadata }) => metadata.uid === line.uid)?.metadata.name ?? line.uid;
      gone.add(name);
      table.gone(name, seconds);
      return;
    }
    const { name, uid, status } = line;
    const spec = specs.get(name);
    const pod = { metadata: { name, uid, ...deletion }, status, ...(spec === undefined ? {} : { spec }) };
    pods.set(name, pod);
    table.show(pod, seconds);
  };
  return {
    pods,
    gone,
    update: () => {
      for (const line of follower.read()) take(line, (performance.now() - started) / 1000);
    },
    expectDeletion: () => (deletion = { deletionTimestamp: new Date().toISOString() }),
  };
}
