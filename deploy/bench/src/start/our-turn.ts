// A turn of ours: pods created through the API server, until a watch of it shows them Running; then deleted until gone.

import type { ApiClient } from "@outboard/devcluster";
import { type AuditReader, between, countRequests } from "../audit-log.js";
import { createPods, deletePods, PODS_PATH } from "../load.js";
import { untilQuiet } from "../phase.js";
import { type PodTimes as SeenTimes, type PodWatch, watchPods } from "../pod-watch.js";
import { waitFor } from "../rig.js";
import type { PodTimes, Turn } from "./figures.js";
import type { ProviderTimes, ProviderWatch } from "./provider-watch.js";

export interface OurNode {
  readonly api: ApiClient;
  readonly nodeName: string;
  readonly image: string;
  readonly provider: ProviderWatch;
  /** Of the gateway. */
  readonly requests: AuditReader;
  readonly check: () => void;
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 300_000;

export async function ourTurn(node: OurNode, names: readonly string[]): Promise<Turn> {
  const from = Date.now();
  const turn = await withPods(node, names, async (watch, begin) => {
    const pods = names.map((name) => timesOf(name, watch.times.get(name), node.provider.times.get(name)));
    const untilAllMs = Math.max(...names.map((name) => watch.times.get(name)?.running ?? 0)) - begin;
    return Promise.resolve({ pods, untilAllMs });
  });
  await untilQuiet(node, node.signal);
  return { ...turn, requests: Object.fromEntries(countRequests(between(node.requests(), from, Date.now()))) };
}

/** Does something while pods of these names run. */
export async function withPods<Result>(
  node: OurNode,
  names: readonly string[],
  work: (watch: PodWatch, begin: number) => Promise<Result>,
): Promise<Result> {
  const { api, provider, signal } = node;
  await using watch = await watchPods(api, PODS_PATH);
  const check = (): void => [node, watch, provider].forEach((part) => part.check());
  const reach = async (point: keyof SeenTimes): Promise<void> => {
    const message = `${names.length} pods ${point}`;
    const isThere = (): boolean => watch.count(point) >= names.length;
    await waitFor(check, isThere, { message, timeoutMs: TIMEOUT_MS, signal });
  };
  const begin = performance.now();
  await createPods(api, names, signal, (name) => podOf(name, node));
  await reach("running");
  const result = await work(watch, begin);
  await deletePods(api, names, signal);
  await reach("gone");
  return result;
}

/** Both are seen from here; what is seen a moment early or late must not make times negative. */
export function timesOf(name: string, seen: SeenTimes | undefined, told: ProviderTimes | undefined): PodTimes {
  const { added, running } = seen ?? {};
  const { ordered, sandbox, container } = told ?? {};
  if (added === undefined || running === undefined) throw new Error(`pod ${name} was not seen Running`);
  if (ordered === undefined || sandbox === undefined || container === undefined) {
    throw new Error(`the provider did not tell of pod ${name}`);
  }
  const first = Math.max(0, ordered - added);
  const second = Math.max(first, sandbox - added);
  const third = Math.max(second, container - added);
  return { ordered: first, sandbox: second, container: third, running: Math.max(third, running - added) };
}

/** Without a token, which a bare runtime does not have either. */
function podOf(name: string, { nodeName, image }: OurNode): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      nodeName,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      containers: [{ name: "main", image, imagePullPolicy: "IfNotPresent" }],
    },
  };
}
