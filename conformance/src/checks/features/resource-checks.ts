/** Features of limits: a workload that goes beyond them, and what becomes of it. */
import { PodStage, TerminationCause } from "@outboard/contract";
import type { Check } from "../../suite/check.js";
import type { ContainerSketch, PodSketch } from "../../suite/sketch.js";
import type { Trial } from "../../suite/trial.js";
import { featureCheck, type FeatureHead, FOLDER, logOf, mustHear, saidBy, show } from "./row.js";

const MIB = 1024 * 1024;
const MEMORY = { bytes: String(24 * MIB), text: "24Mi" } as const;
/** Holds 96 MiB at once, and tells when it could. */
const HOLDS = 'n=$(head -c 100663296 /dev/zero | tail -c 100663296 | wc -c); [ "$n" -ge 100663296 ] && echo held';
const BUSY_SECONDS = 3;
/** Uses the processor for some seconds, then prints what it got of it. */
const BURNS = `e=$(($(date +%s)+${BUSY_SECONDS})); while [ $(date +%s) -lt $e ]; do :; done; times`;
const CPU_LIMIT = "50m";
/** Three times the limit, for the start and for what is measured roughly; a busy machine gives more than that too. */
const MOST_CPU_SECONDS = BUSY_SECONDS * 0.15;
const WRITES = "head -c 8388608 /dev/zero >FILE && echo written; while :; do sleep 0.2; done";

export const RESOURCE_CHECKS: readonly Check[] = [
  memoryCheck(
    {
      feature: "resources.memory_limit",
      name: "beyond",
      title: "A container that takes more memory than its limit is killed",
    },
    limited("memory", MEMORY),
    {},
  ),
  memoryCheck(
    {
      feature: "resources.pod_level",
      name: "memory",
      title: "A pod that takes more memory than its own limit loses the process",
    },
    {},
    {
      spec: { resources: { limits: { memory: MEMORY.text } } },
      inputs: { resources: { requests: new Map(), limits: new Map([["memory", MEMORY.bytes]]) } },
    },
  ),
  featureCheck(
    {
      feature: "resources.cpu_limit",
      name: "share",
      title: "A container gets no more of the processor than its limit",
    },
    async (t) => {
      const said = await saidBy(t, {
        feature: "resources.cpu_limit",
        script: BURNS,
        container: limited("cpu", { bytes: CPU_LIMIT, text: CPU_LIMIT }),
      });
      const used = said.flatMap((line) => [...line.matchAll(/(\d+)m([\d.]+)s/g)]);
      t.verify(used.length === 4, "missing", `the workload did not tell its times; it said ${show(said)}`);
      const seconds = used.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0);
      t.verify(
        seconds <= MOST_CPU_SECONDS,
        "wrong-value",
        `${seconds.toFixed(1)} s of the processor in ${BUSY_SECONDS} s with a limit of ${CPU_LIMIT}`,
      );
    },
  ),
  spaceCheck(
    {
      feature: "resources.ephemeral_storage_limit",
      name: "beyond",
      title: "A container that writes more than its limit is stopped or refused",
    },
    "/tmp/conformance-$$",
    { container: limited("ephemeral-storage", { bytes: String(MIB), text: "1Mi" }) },
  ),
  spaceCheck(
    {
      feature: "volumes.empty_dir.size_limit",
      name: "beyond",
      title: "A pod that writes more into an emptyDir than its limit is stopped or refused",
      also: ["volumes.empty_dir"],
    },
    `${FOLDER}/large`,
    {
      container: { mounts: [{ name: "space", mountPath: FOLDER }] },
      spec: { volumes: [{ name: "space", emptyDir: { sizeLimit: "1Mi" } }] },
    },
  ),
];

function memoryCheck(head: FeatureHead, container: Partial<ContainerSketch>, pod: Partial<PodSketch>): Check {
  return featureCheck(head, async (t) => {
    const free = await saidBy(t, { feature: head.feature, script: HOLDS });
    t.verify(free.includes("held"), "control-failed", "without a limit the workload cannot take its memory either");
    const said = await saidBy(t, { feature: head.feature, script: HOLDS, container, pod });
    t.verify(!said.includes("held"), "wrong-value", `the workload held four times its limit of ${MEMORY.text}`);
  });
}

function spaceCheck(
  head: FeatureHead,
  file: string,
  { container, spec }: { readonly container: Partial<ContainerSketch>; readonly spec?: PodSketch["spec"] },
): Check {
  return featureCheck(head, async (t) => {
    mustHear(t);
    const script = WRITES.replace("FILE", file);
    const pod = await t.pod({
      features: [head.feature, ...(head.also ?? [])],
      containers: [{ behaviour: "shell", params: { script }, ...container }],
      grace: 1,
      ...(spec === undefined ? {} : { spec }),
    });
    await pod.running();
    if (await isRefused(t, pod.uid)) return;
    const end = await pod.until("the end for its size", ({ stage }) => stage === PodStage.ENDED);
    t.equal(end.cause, TerminationCause.EVICTED, "cause");
  });
}

/** True where the write itself failed. */
async function isRefused(t: Trial, uid: string): Promise<boolean> {
  await t.pause(t.world.limits.quietMs);
  return !(await logOf(t, uid)).includes("written");
}

function limited(name: string, { bytes, text }: { readonly bytes: string; readonly text: string }) {
  return {
    extra: { resources: { limits: { [name]: text }, requests: { [name]: text } } },
    inputs: { resources: { requests: new Map([[name, bytes]]), limits: new Map([[name, bytes]]) } },
  };
}
