/** Lifecycle hooks: what runs after the start and before the stop. */
import { randomInt } from "node:crypto";
import type { PodObservation } from "@outboard/contract";
import type { Check } from "../../suite/check.js";
import type { PodHandle } from "../../suite/pod-handle.js";
import type { ContainerSketch } from "../../suite/sketch.js";
import type { Trial } from "../../suite/trial.js";
import { featureCheck, logOf, mustHear, show } from "./row.js";

const SLEEP_SECONDS = 2;
/** Times of the backend may be whole seconds. */
const ROUGHLY_MS = SLEEP_SECONDS * 1_000 - 1_000;
const HOOK_MS = SLEEP_SECONDS * 1_000 - 100;
const SLEEP = { sleep: { seconds: SLEEP_SECONDS } };

export const HOOK_CHECKS: readonly Check[] = [
  featureCheck(
    { feature: "lifecycle.post_start.exec", name: "fails", title: "A container is killed when its hook fails" },
    async (t) => {
      const pod = await started(t, "lifecycle.post_start.exec", exec(t, "exit", { code: 1 }));
      await pod.ended();
    },
  ),
  featureCheck(
    { feature: "lifecycle.post_start.exec", name: "passes", title: "A container runs on when its hook has passed" },
    async (t) => await runsOn(t, await started(t, "lifecycle.post_start.exec", exec(t, "exit", { code: 0 }))),
  ),
  featureCheck(
    {
      feature: "lifecycle.post_start.http",
      name: "fails",
      title: "A container is killed when nobody answers its hook",
    },
    async (t) => {
      const pod = await started(t, "lifecycle.post_start.http", get(randomInt(20_000, 32_000), "/nobody"));
      await pod.ended();
    },
  ),
  featureCheck(
    {
      feature: "lifecycle.post_start.sleep",
      name: "first",
      title: "The next container starts after the hook",
      also: ["containers.multiple"],
    },
    async (t) => {
      const pod = await t.pod({
        containers: [hooked({ behaviour: "pause" }, { postStart: SLEEP }), { name: "second", behaviour: "pause" }],
        features: ["lifecycle.post_start.sleep", "containers.multiple"],
        grace: 1,
      });
      const seen = await pod.running("second");
      const between = sinceOf(t, seen, "second") - sinceOf(t, seen, "main");
      t.verify(between >= ROUGHLY_MS, "early", `the next container started ${between} ms after the one with the hook`);
    },
  ),
  ...(["exec", "sleep"] as const).map((kind) =>
    featureCheck(
      {
        feature: `lifecycle.pre_stop.${kind}`,
        name: "before-the-signal",
        title: "The stop signal comes after the hook",
      },
      async (t) => {
        const preStop = kind === "exec" ? exec(t, "sleep", { seconds: SLEEP_SECONDS }) : SLEEP;
        const pod = await t.runningPod({
          containers: [hooked({ behaviour: "trap-term", params: { code: 7 } }, { preStop })],
          features: [`lifecycle.pre_stop.${kind}`],
        });
        const since = performance.now();
        await pod.stop(20);
        await pod.ended();
        const took = Math.round(performance.now() - since);
        t.verify(took >= HOOK_MS, "early", `the pod ended after ${took} ms, its hook takes ${SLEEP_SECONDS} s`);
      },
    ),
  ),
  featureCheck(
    { feature: "lifecycle.pre_stop.http", name: "asked", title: "The server is asked before the stop signal" },
    async (t) => {
      mustHear(t);
      const port = randomInt(20_000, 32_000);
      const pod = await t.runningPod({
        containers: [hooked({ behaviour: "http", params: { port, status: 200 } }, { preStop: get(port, "/bye") })],
        features: ["lifecycle.pre_stop.http"],
      });
      await t.pause(SLEEP_SECONDS * 1_000); // until the server listens
      await pod.stop(10);
      await pod.ended();
      const said = await logOf(t, pod.uid);
      t.verify(
        said.some((line) => line.includes("GET /bye")),
        "missing",
        `the server was not asked; it said ${show(said)}`,
      );
    },
  ),
];

type Feature = "lifecycle.post_start.exec" | "lifecycle.post_start.http";

async function started(t: Trial, feature: Feature, postStart: object): Promise<PodHandle> {
  return await t.pod({ containers: [hooked({ behaviour: "pause" }, { postStart })], features: [feature], grace: 1 });
}

async function runsOn(t: Trial, pod: PodHandle): Promise<void> {
  await pod.running();
  await t.pause(t.world.limits.quietMs);
  t.equal((await pod.container()).state?.$case, "running", "state");
}

function hooked(container: ContainerSketch, lifecycle: object): ContainerSketch {
  return { ...container, extra: { lifecycle } };
}

function exec(t: Trial, name: "exit" | "sleep", params: Readonly<Record<string, number>>): object {
  return { exec: { command: [...t.world.kit.command(name, params)] } };
}

function get(port: number, path: string): object {
  return { httpGet: { path, port, scheme: "HTTP" } };
}

function sinceOf(t: Trial, pod: PodObservation, name: string): number {
  const { state } = t.containerOf(pod, name);
  const since = state?.$case === "running" ? state.value.since : undefined;
  return t.present(since, `container ${name} has no start time`).getTime();
}
