// `npm run demo`: a provider and a standalone gateway as a user would start them, four pods, their table, logs, an exec.

import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Child, eventually, findFreePorts } from "@outboard/devcluster";
import { type Board, createBoard } from "./board.js";
import { DemoFailure, expectContains, expectLacks } from "./expect.js";
import { createKubeletClient, type KubeletClient } from "./kubelet-client.js";
import { createLocalIdentity, type LocalIdentity } from "./local-identity.js";
import { readPodSpecs } from "./manifests.js";
import { exitCode, type Pod, readyWord, statusWord } from "./pod.js";
import type { Screen } from "./screen.js";
import { GATEWAY, openWorkshop, startProvider, toFlags, waitFor, type Workshop } from "./workshop.js";

const MANIFESTS = join(import.meta.dirname, "..", "pods");
const READY_MS = 15_000;
const PODS_MS = 25_000;
const GONE_MS = 15_000;

export async function standaloneDemo(screen: Screen, signal: AbortSignal): Promise<void> {
  screen.title("outboard demo: pods on a virtual node, no cluster (process provider, standalone gateway)");
  await using workshop = openWorkshop();
  const identity = createLocalIdentity(workshop.folder, new Date());
  const [kubeletPort = 0, managementPort = 0] = await findFreePorts(2);
  const stage: Stage = { workshop, screen, signal, ...openManifests(workshop) };
  screen.step("start a provider and a gateway, two processes joined by a UNIX socket");
  const gateway = await startPrograms(stage, identity, { kubeletPort, managementPort });
  const board = createBoard(screen, gateway, readPodSpecs(stage.files.map((name) => join(MANIFESTS, name))));
  await using kubelet = createKubeletClient(kubeletPort, identity);
  try {
    await showPods(stage, board);
    await showLogs(stage, kubelet);
    await showExec(stage, kubelet);
    await takeAway(stage, board);
  } catch (error) {
    await drain(stage, gateway, board);
    throw error;
  }
}

interface Stage {
  readonly workshop: Workshop;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  readonly manifests: string;
  /** Manifest files by name. */
  readonly files: readonly string[];
}

function openManifests({ folder }: Workshop): Pick<Stage, "manifests" | "files"> {
  const manifests = join(folder, "manifests");
  mkdirSync(manifests);
  return { manifests, files: readdirSync(MANIFESTS).filter((name) => name.endsWith(".yaml")) };
}

interface LocalPorts {
  readonly kubeletPort: number;
  readonly managementPort: number;
}

async function startPrograms(
  { workshop, screen, manifests, signal }: Stage,
  identity: LocalIdentity,
  ports: LocalPorts,
): Promise<Child> {
  startProvider(workshop);
  await waitFor(workshop, () => existsSync(workshop.socket), {
    message: "the provider's socket",
    timeoutMs: READY_MS,
    signal,
  });
  screen.line("outboard-provider-process --listen unix:///... --state ...");
  const gateway = workshop.start("gateway", GATEWAY, [
    "standalone",
    ...toFlags({
      provider: `unix://${workshop.socket}`,
      manifests: manifests,
      state: join(workshop.folder, "gateway-state"),
      "node-name": "demo-node",
      "kubelet-port": String(ports.kubeletPort),
      "management-port": String(ports.managementPort),
      "client-ca": identity.files.ca,
      "tls-cert": identity.files.cert,
      "tls-key": identity.files.key,
      output: "json",
    }),
  ]);
  screen.line("outboard standalone --provider unix:///... --manifests ...");
  return gateway;
}

const WANTED: Readonly<Record<string, (pod: Pod) => boolean>> = {
  hello: (pod) => statusWord(pod) === "Running" && readyWord(pod) === "2/2",
  pipeline: (pod) => statusWord(pod) === "Running" && readyWord(pod) === "2/2",
  settings: (pod) => statusWord(pod) === "Running" && readyWord(pod) === "1/1",
  job: (pod) => pod.status?.phase === "Failed" && exitCode(pod, "work") === 3,
};

async function showPods(stage: Stage, board: Board): Promise<void> {
  stage.screen.step("put four pods into the manifest folder: two containers, init and sidecar, a job, settings");
  for (const file of stage.files) copyFileSync(join(MANIFESTS, file), join(stage.manifests, file));
  const wanted = Object.entries(WANTED);
  const missing = (): string[] => {
    board.update();
    return wanted.flatMap(([name, holds]) => {
      const pod = board.pods.get(name);
      return pod !== undefined && holds(pod) ? [] : [name];
    });
  };
  const options = { message: "all four pods as expected", timeoutMs: PODS_MS, signal: stage.signal };
  await waitFor(stage.workshop, () => missing().length === 0, options).catch((error: unknown) => {
    stage.workshop.check();
    stage.signal.throwIfAborted();
    const seen = missing().map((name) => `${name} is ${describe(board.pods.get(name))}`);
    throw new DemoFailure(`${error instanceof Error ? error.message : String(error)}\n${seen.join(", ")}`, {
      cause: error,
    });
  });
  stage.screen.line("the job ended with exit code 3, as it should; the others run");
}

function describe(pod: Pod | undefined): string {
  return pod === undefined ? "not there" : `${readyWord(pod)} ${statusWord(pod)}`;
}

async function showLogs({ screen, workshop, signal }: Stage, kubelet: KubeletClient): Promise<void> {
  screen.step("read logs through the kubelet API (HTTPS, client certificate)");
  const wanted: readonly (readonly [pod: string, container: string, text: string])[] = [
    ["hello", "greeter", "hello from hello on demo-node"],
    ["hello", "ticker", "tick 1"],
    ["pipeline", "main", "input is prepared"],
    ["job", "work", "giving up"],
    ["settings", "reader", "the secret has 20 characters"],
  ];
  for (const [pod, container, text] of wanted) {
    const read = async (): Promise<string | undefined> => {
      const log = await kubelet.logs({ pod, container });
      return log.includes(text) ? log : undefined;
    };
    const log = await waitFor(workshop, read, {
      message: `${JSON.stringify(text)} in the log of ${pod}/${container}`,
      timeoutMs: 5_000,
      signal,
    });
    screen.answer(`logs ${pod} ${container}`, log);
    expectLacks(`the log of ${pod}/${container}`, log, "not-printed-anywhere");
  }
}

async function showExec({ screen }: Stage, kubelet: KubeletClient): Promise<void> {
  screen.step("run a command inside a running container (WebSocket exec)");
  const command = ["sh", "-c", "echo I am in pod $POD_NAME; exit 7"];
  const answer = await kubelet.exec({ pod: "hello", container: "greeter" }, command);
  if (answer.kind === "not-served") {
    screen.line(`skipped: ${answer.text.trim()}`);
    return;
  }
  screen.answer("exec hello -c greeter -- sh -c 'echo I am in pod $POD_NAME; exit 7'", answer.output);
  screen.line(`exit code ${answer.exitCode}`);
  expectContains("the output of exec", answer.output, "I am in pod hello");
  if (answer.exitCode !== 7)
    throw new DemoFailure(`exec should end with exit code 7 but ended with ${answer.exitCode}`);
}

async function takeAway({ screen, workshop, manifests, files, signal }: Stage, board: Board): Promise<void> {
  screen.step("take the manifests away: pods end within their grace period, then the two processes");
  board.update();
  removeManifests(manifests, files, board);
  const allGone = (): boolean => {
    board.update();
    return Object.keys(WANTED).every((name) => board.gone.has(name));
  };
  await waitFor(workshop, allGone, { message: "end of all four pods", timeoutMs: GONE_MS, signal });
  await workshop.stop();
  screen.line("gateway and provider are stopped; no process and no file is left");
}

/** After a failure the pods are taken away too, by a gateway started again if it ended: only it frees what they hold. */
async function drain({ screen, workshop, manifests, files }: Stage, gateway: Child, board: Board): Promise<void> {
  screen.step("something went wrong: take the pods away");
  removeManifests(manifests, files, board);
  if (gateway.exit() !== undefined) workshop.restart(gateway);
  const allGone = (): boolean => {
    board.update();
    return [...board.pods.keys()].every((name) => board.gone.has(name));
  };
  const options = { message: "end of the pods", timeoutMs: GONE_MS };
  await eventually(allGone, options).catch(() => screen.line("not every pod could be taken away"));
}

function removeManifests(manifests: string, files: readonly string[], board: Board): void {
  board.expectDeletion();
  for (const file of files) rmSync(join(manifests, file), { force: true });
}
