// One gateway for each budget on one control plane: pods end, start and change at the same moment, and the API server's audit
// log tells in which order that was written.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject } from "@outboard/devcluster";
import type { ApiRequest } from "../audit-log.js";
import { burstPod } from "../burst/burst-load.js";
import { type Ground, openGround } from "../burst/ground.js";
import type { RunContext } from "../create-bench.js";
import { createPods, deletePods, eachByWorkers, podNames, PODS_PATH } from "../load.js";
import { launchGateway, launchProvider } from "../programs.js";
import { checkChild, nodeReady, socketReady, waitFor } from "../rig.js";
import type { BudgetOptions } from "./options.js";
import { type BudgetFigures, classOf, KINDS, toFigures } from "./service.js";

const PODS_PER_REQUEST = 4;
const MOST_PODS = 400;
const LONGEST_MS = 300_000;
/** Nothing was asked for so long: all is written. */
const QUIET_MS = 4_000;
const PLAIN = { scheduler: false, token: false };

interface Place extends RunContext {
  readonly ground: Ground;
  readonly pods: number;
}

export async function runBudgetBench(options: BudgetOptions, context: RunContext): Promise<readonly BudgetFigures[]> {
  context.report("starting a control plane");
  await using ground = await openGround(context);
  const figures: BudgetFigures[] = [];
  for (const budget of options.budgets) {
    const pods = options.pods ?? Math.min(MOST_PODS, PODS_PER_REQUEST * budget);
    context.report(`${pods} pods end, ${pods} start and ${pods} change, with ${budget} requests per second`);
    figures.push(await measureBudget({ ...context, ground, pods }, budget));
  }
  return figures;
}

async function measureBudget(place: Place, budget: number): Promise<BudgetFigures> {
  const { ground, pods, signal } = place;
  const nodeName = `budget-${budget}`;
  await using opened = new AsyncDisposableStack();
  const check = await startNode(place, { nodeName, budget, opened });
  const names = (kind: keyof typeof KINDS): string[] => podNames(`${KINDS[kind]}-${budget}`, pods);
  const create = (all: readonly string[]): Promise<void> =>
    createPods(ground.api, all, signal, (name) => burstPod(name, nodeName, PLAIN));
  const requests = ground.requestsOf(`system:node:${nodeName}`);
  await create([...names("end"), ...names("seen")]);
  await quiet({ check, requests, signal });
  const from = Date.now();
  await Promise.all([
    deletePods(ground.api, names("end"), signal),
    create(names("start")),
    eachByWorkers(names("seen"), (name) => touch(place, name)),
  ]);
  await quiet({ check, requests, signal });
  const figures = toFigures(requests(), from, budget);
  await deletePods(ground.api, [...names("start"), ...names("seen")], signal);
  return figures;
}

interface StartNode {
  readonly nodeName: string;
  readonly budget: number;
  readonly opened: AsyncDisposableStack;
}

/** Answers a check that throws when a program has ended. */
async function startNode({ ground, signal }: Place, { nodeName, budget, opened }: StartNode): Promise<() => void> {
  const { cluster, api } = ground;
  const folder = join(ground.folder, nodeName);
  mkdirSync(folder);
  const socket = join(folder, "provider.sock");
  const place = { folder, socket, cpuProf: undefined };
  const provider = opened.use(launchProvider(place));
  await socketReady(provider, socket, signal);
  const kubeconfig = await cluster.nodeKubeconfig(nodeName);
  const args = ["--kube-api-qps", String(budget), "--kube-api-burst", String(budget)];
  const gateway = opened.use(
    launchGateway({
      ...place,
      nodeName,
      kubeconfig,
      clientCA: cluster.caFile,
      args,
    }),
  );
  const check = (): void => [provider, gateway].forEach(checkChild);
  await nodeReady({ api, check }, nodeName, signal);
  return check;
}

/** A change that the status tells nothing of but that it was seen. */
async function touch({ ground }: Place, name: string): Promise<void> {
  const path = `${PODS_PATH}/${name}`;
  const pod = await ground.api.get<KubeObject & { readonly spec: { readonly tolerations?: readonly object[] } }>(path);
  const tolerations = [...(pod.spec.tolerations ?? []), { key: "touched", operator: "Exists" }];
  await ground.api.patch(path, { spec: { tolerations } });
}

interface Quiet {
  readonly check: () => void;
  readonly requests: () => readonly ApiRequest[];
  readonly signal: AbortSignal;
}

/** No request about the pods for a while, and some before. */
async function quiet({ check, requests, signal }: Quiet): Promise<void> {
  const from = Date.now();
  const isQuiet = (): boolean => {
    const last = requests().findLast((request) => classOf(request) !== undefined)?.at ?? 0;
    return Date.now() - Math.max(from, last) > QUIET_MS;
  };
  await waitFor(check, isQuiet, { message: "all written", timeoutMs: LONGEST_MS, signal });
}
