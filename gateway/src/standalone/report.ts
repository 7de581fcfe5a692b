/** Pods as people read them: a line per change, in the columns of `kubectl get pods`, or JSON. */
import type { Pod } from "../domain/kubernetes.js";

/** Prints pods as they change. */
export interface Reporter {
  take(uid: string, pod: Pod | undefined): void;
}

/** Creates a reporter that hands out lines. */
export function createReporter(form: "table" | "json" | "none", print: (line: string) => void): Reporter {
  const shown = new Map<string, string>();
  let headed = false;
  return {
    take(uid, pod) {
      if (form === "none") return;
      const line =
        pod === undefined
          ? `${shown.get(uid)?.slice(0, 32) ?? uid} Gone`
          : form === "json"
            ? jsonLine(pod)
            : tableLine(pod);
      if (shown.get(uid) === line) return;
      if (pod === undefined) shown.delete(uid);
      else shown.set(uid, line);
      if (!headed && form === "table")
        print(`${"NAME".padEnd(32)} ${"READY".padEnd(6)} ${"STATUS".padEnd(24)} RESTARTS`);
      headed = true;
      print(form === "json" && pod === undefined ? JSON.stringify({ uid, gone: true }) : line);
    },
  };
}

function jsonLine(pod: Pod): string {
  const { namespace, name, uid } = pod.metadata;
  return JSON.stringify({ uid, namespace, name, status: pod.status });
}

function tableLine(pod: Pod): string {
  const statuses = pod.status?.containerStatuses ?? [];
  const ready = `${statuses.filter((status) => status.ready).length}/${pod.spec.containers.length}`;
  const restarts = statuses.reduce((sum, status) => sum + status.restartCount, 0);
  return `${pod.metadata.name.padEnd(32)} ${ready.padEnd(6)} ${statusWord(pod).padEnd(24)} ${restarts}`;
}

/** The word of kubectl's STATUS column. */
export function statusWord(pod: Pod): string {
  if (pod.metadata.deletionTimestamp !== undefined) return "Terminating";
  const init = (pod.status?.initContainerStatuses ?? []).findIndex((status) => !isPassed(status));
  const initCount = pod.spec.initContainers?.length ?? 0;
  if (init >= 0 && pod.status?.phase === "Pending") return `Init:${init}/${initCount}`;
  for (const { state } of pod.status?.containerStatuses ?? []) {
    if (state?.waiting?.reason !== undefined) return state.waiting.reason;
    if (state?.terminated?.reason !== undefined) return state.terminated.reason;
  }
  return pod.status?.reason ?? pod.status?.phase ?? "Pending";
}

function isPassed({
  state,
  started,
}: {
  readonly state?: { readonly terminated?: { readonly exitCode: number } };
  readonly started?: boolean;
}): boolean {
  return state?.terminated?.exitCode === 0 || started === true;
}
