// Plays one recorded case against a cluster and a node, and writes what was observed.

import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { eventually } from "@outboard/devcluster";
import type { Kube } from "./kube.js";
import { type Manifest, type Manifests, readManifests, RECORDED_NODE } from "./manifests.js";
import type { Observer, PodName } from "./observer.js";
import { saveLogs } from "./pod-logs.js";
import { isObject } from "./normalise.js";
import { predicateOf } from "./predicates.js";
import { type JsonObject, readActions, type RecordedAction } from "./recording.js";
import { scriptOf, type Step } from "./script.js";
import { seconds, writeObserved } from "./write.js";

export interface Stage {
  readonly kube: Kube;
  readonly observer: Observer;
  readonly nodeName: string;
  /** Recorded cases. */
  readonly cases: string;
  /** Where observed ones are written. */
  readonly out: string;
  /** Where the node reads static pods from; absent: it has none. */
  readonly staticFolder?: string;
  readonly signal: AbortSignal;
}

/** Why it could not be played; undefined: it was, and its folder is written. */
export type Unplayed = string | undefined;

interface Play {
  readonly stage: Stage;
  readonly folder: string;
  readonly text: string;
  readonly manifests: Manifests;
  readonly pod: PodName;
  readonly podPath: string;
  readonly actions: RecordedAction[];
  readonly notes: string[];
  startMs: number;
}

/** Last changes may still be on their way. */
const SETTLE_MS = 1_500;
const JSON_TYPE = "application/json";
const MERGE = "application/merge-patch+json";
const STRATEGIC = "application/strategic-merge-patch+json";

export async function playCase(stage: Stage, name: string): Promise<Unplayed> {
  const recorded = join(stage.cases, name);
  const steps = scriptOf(readActions(recorded), { hasLogs: existsSync(join(recorded, "logs")) });
  const isStatic = steps.some(({ kind }) => kind === "write-manifest");
  if (isStatic && stage.staticFolder === undefined) return "the node reads no static pods";
  const play = prepare(stage, name, isStatic);
  await createNamespace(play);
  play.startMs = Date.now();
  try {
    for (const step of steps) await takeStep(play, step);
  } catch (error) {
    play.notes.push(error instanceof Error ? error.message : String(error));
  }
  await wait(SETTLE_MS, undefined, { signal: stage.signal });
  write(play);
  await removeObjects(play);
  return undefined;
}

function prepare(stage: Stage, name: string, isStatic: boolean): Play {
  const folder = join(stage.out, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const text = readFileSync(join(stage.cases, name, "pod.yaml"), "utf8");
  copyFileSync(join(stage.cases, name, "pod.yaml"), join(folder, "pod.yaml"));
  const namespace = `g-${name}`;
  const manifests = readManifests(text, namespace, stage.nodeName);
  const pod = { namespace, name: isStatic ? `p-${stage.nodeName}` : manifests.pod.name };
  const podPath = `/api/v1/namespaces/${namespace}/pods/${pod.name}`;
  return { stage, folder, text, manifests, pod, podPath, actions: [], notes: [], startMs: 0 };
}

async function createNamespace({ stage, pod: { namespace }, manifests }: Play): Promise<void> {
  const { kube, observer, signal } = stage;
  const body = { metadata: { name: namespace } };
  await eventually(async () => await isAbsent(kube, namespace), { message: `no namespace ${namespace}`, signal });
  observer.forget(namespace);
  const made = await kube.call({ method: "POST", path: "/api/v1/namespaces", body });
  if (made.code >= 300) throw new Error(`namespace ${namespace}: ${made.code} ${made.text}`);
  const isThere = async (path: string): Promise<boolean> =>
    (await kube.call({ method: "GET", path: `/api/v1/namespaces/${namespace}/${path}` })).code === 200;
  const isUsable = async (): Promise<boolean> =>
    (await isThere("serviceaccounts/default")) && (await isThere("configmaps/kube-root-ca.crt"));
  await eventually(isUsable, { message: `namespace ${namespace} usable`, signal });
  for (const other of manifests.others) await createOther(kube, other);
}

/** The one of an earlier play may still be going. */
async function isAbsent(kube: Kube, namespace: string): Promise<boolean> {
  const { code } = await kube.call({ method: "GET", path: `/api/v1/namespaces/${namespace}` });
  return code === 404;
}

/** An object of the cluster may be there already. */
async function createOther(kube: Kube, { path, name, body, isOfCluster }: Manifest): Promise<void> {
  const { code, text } = await kube.call({ method: "POST", path, body });
  if (code >= 300 && !isOfCluster) throw new Error(`${path}/${name}: ${code} ${text}`);
}

async function takeStep(play: Play, step: Step): Promise<void> {
  const { stage, pod, podPath } = play;
  const { kube, observer, signal } = stage;
  switch (step.kind) {
    case "create":
      return createPod(play);
    case "wait":
      return wait(step.ms, undefined, { signal });
    case "until": {
      const holds = predicateOf(step.what);
      const ok = await observer.until(pod, ({ status }) => holds(status), step.timeoutMs);
      return act(play, { action: "until", what: step.what, ok });
    }
    case "gone": {
      await observer.until(pod, () => false, step.timeoutMs);
      return act(play, { action: "gone", ok: observer.latest(pod)?.type === "DELETED" });
    }
    case "logs": {
      const spec = observer.latest(pod)?.pod.spec;
      if (spec === undefined) return;
      return saveLogs({ kube, path: podPath, spec, folder: join(play.folder, "logs") });
    }
    case "delete":
      return deletePod(play, step.graceSeconds);
    case "patch":
      return patchPod(play, step);
    case "api":
      return callApi(play, step);
    case "write-manifest":
      return writeManifest(play, step.version);
    case "remove-manifest":
      rmSync(manifestFile(play));
      return act(play, { action: "static manifest removed" });
  }
}

function act({ actions, startMs, notes }: Play, entry: Omit<RecordedAction, "t">): void {
  if (entry.ok === false) notes.push(`${entry.action} ${entry.what ?? ""} did not happen in time`);
  actions.push({ t: seconds(Date.now() - startMs), ...entry });
}

async function createPod(play: Play): Promise<void> {
  const { path, body } = play.manifests.pod;
  play.startMs = Date.now();
  const { code, text } = await play.stage.kube.call({ method: "POST", path, body });
  act(play, { action: "create", code });
  writeFileSync(join(play.folder, code < 300 ? "created.json" : "create-error.json"), `${text.trim()}\n`);
  if (code >= 300) throw new Error("the pod was refused");
}

async function deletePod(play: Play, grace: number | null): Promise<void> {
  const options = { kind: "DeleteOptions", apiVersion: "v1", ...(grace === null ? {} : { gracePeriodSeconds: grace }) };
  const { code } = await play.stage.kube.call({ method: "DELETE", path: play.podPath, body: options });
  act(play, { action: "delete", code, grace });
}

/** Lists of the pod's own fields are replaced; containers, and what is behind a sub-resource, are merged by their keys. */
function patchType(sub: string, { spec }: JsonObject): string {
  const hasContainers = isObject(spec) && ("containers" in spec || "initContainers" in spec);
  return sub === "" && !hasContainers ? MERGE : STRATEGIC;
}

async function patchPod(play: Play, { sub, body }: Extract<Step, { kind: "patch" }>): Promise<void> {
  const call = { method: "PATCH", path: `${play.podPath}${sub}`, body, type: patchType(sub, body) };
  const { code, text } = await play.stage.kube.call(call);
  const message = code < 300 ? {} : { error: (JSON.parse(text) as { readonly message: string }).message };
  act(play, { action: "patch", sub, body, code, ...message });
}

async function callApi(play: Play, { method, path, body }: Extract<Step, { kind: "api" }>): Promise<void> {
  const { kube, nodeName } = play.stage;
  const forNode = JSON.parse(JSON.stringify(body).replaceAll(RECORDED_NODE, nodeName)) as typeof body;
  const type = method === "PATCH" ? MERGE : JSON_TYPE;
  const { code } = await kube.call({ method, path: path.replace("$NS", play.pod.namespace), body: forNode, type });
  act(play, { action: "api", method, path, body, code });
}

/** Appears whole or not at all. */
function writeManifest(play: Play, version: string): void {
  const text = play.text.replace("name: p\n", `name: p\n  namespace: ${play.pod.namespace}\n`).replace("VER", version);
  const file = manifestFile(play);
  writeFileSync(`${file}.tmp`, text);
  renameSync(`${file}.tmp`, file);
  act(play, { action: "static manifest written", v: version });
}

function manifestFile({ stage, pod }: Play): string {
  return join(stage.staticFolder ?? stage.out, `${pod.namespace}.yaml`);
}

function write({ stage: { observer }, folder, pod, startMs, actions, notes }: Play): void {
  const { namespace, name } = pod;
  const [pods, events] = [observer.podsOf(namespace), observer.eventsOf(namespace)];
  writeObserved({ folder, podName: name, startMs, pods, events, actions, notes });
}

async function removeObjects({ stage: { kube }, manifests, pod }: Play): Promise<void> {
  for (const { path, name, isOfCluster } of manifests.others) {
    if (isOfCluster) await kube.call({ method: "DELETE", path: `${path}/${name}` });
  }
  await kube.call({ method: "DELETE", path: `/api/v1/namespaces/${pod.namespace}` });
}
