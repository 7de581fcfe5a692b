/** Checks of usage figures. */
import type { GetStatsResponse, PodStats } from "@outboard/contract";
import { check, type Check } from "../suite/check.js";
import { parseQuantity } from "../suite/quantity.js";
import type { Trial } from "../suite/trial.js";

const LIMIT_AGE_MS = 17_000;

export const STATS_CHECKS: readonly Check[] = [
  check("STATS-01", "running", {
    title: "A running pod and its containers are there",
    needs: ["stats"],
    run: async (t) => {
      const pod = await t.runningPod();
      const found = await statsOf(t, pod.uid);
      t.equal(
        found.containers.map(({ name }) => name),
        ["main"],
        "containers of the pod",
        "missing",
      );
    },
  }),
  check("STATS-02", "counters", {
    title: "CPU counters do not fall",
    needs: ["stats"],
    run: async (t) => {
      const pod = await t.runningPod();
      let last = 0n;
      for (let count = 0; count < 4; count += 1) {
        const now = (await statsOf(t, pod.uid)).containers[0]?.cpu?.usageCoreNanoSeconds;
        t.verify(now === undefined || now >= last, "order", `the counter fell from ${last} to ${now}`);
        last = now ?? last;
        await t.pause(300);
      }
    },
  }),
  check("STATS-03", "times", {
    title: "Figures have a time of the last 15 s",
    needs: ["stats"],
    run: async (t) => {
      const pod = await t.runningPod();
      const { cpu, memory, containers } = await statsOf(t, pod.uid);
      for (const group of [cpu, memory, ...containers.flatMap((each) => [each.cpu, each.memory])]) {
        if (group === undefined) continue;
        const time = t.present(group.time, "figures without a time");
        const age = Date.now() - time.getTime();
        t.verify(age < LIMIT_AGE_MS, "late", `figures are ${Math.round(age / 1000)} s old`);
      }
    },
  }),
  check("STATS-04", "once", {
    title: "The node at most once, each pod once",
    needs: ["stats"],
    run: async (t) => {
      await t.runningPod();
      const all = await read(t);
      const nodes = all.filter(({ stats }) => stats?.$case === "node");
      t.verify(nodes.length <= 1, "repeated", `${nodes.length} figures of the node`);
      const uids = all.flatMap(({ stats }) => (stats?.$case === "pod" ? [stats.value.uid] : []));
      t.verify(new Set(uids).size === uids.length, "repeated", "a pod is there twice");
    },
  }),
  check("STATS-05", "memory", {
    title: "The working set is not above usage",
    needs: ["stats"],
    run: async (t) => {
      const pod = await t.runningPod();
      const { memory, containers } = await statsOf(t, pod.uid);
      for (const group of [memory, ...containers.map((each) => each.memory)]) {
        const [set, usage] = [group?.workingSetBytes, group?.usageBytes];
        t.verify(
          set === undefined || usage === undefined || set <= usage,
          "wrong-value",
          `working set ${set} is above usage ${usage}`,
        );
      }
    },
  }),
  check("STATS-06", "only-cpu-and-memory", {
    title: "only_cpu_and_memory leaves out the rest",
    needs: ["stats"],
    run: async (t) => {
      const pod = await t.runningPod();
      const all = await read(t, true);
      const own = all.find(({ stats }) => stats?.$case === "pod" && stats.value.uid === pod.uid);
      const stats = t.present(own?.stats?.$case === "pod" ? own.stats.value : undefined, "the pod is missing");
      const more = stats.network ?? stats.ephemeralStorage ?? stats.volumes[0] ?? stats.containers[0]?.rootfs;
      t.verify(more === undefined, "unexpected", "figures came that were not asked for");
    },
  }),
  check("STATS-08", "ended", {
    title: "An ended pod is not among the figures",
    needs: ["stats"],
    run: async (t) => {
      const pod = await t.runningPod();
      await statsOf(t, pod.uid);
      await pod.stop();
      await pod.ended();
      const isThere = (await read(t)).some(({ stats }) => stats?.$case === "pod" && stats.value.uid === pod.uid);
      t.verify(!isThere, "unexpected", "the ended pod is among the figures");
    },
  }),
  check("STATS-09", "burning", {
    title: "A busy container uses some of the processor, and no more than there is",
    needs: ["stats", "command:shell"],
    run: async (t) => {
      const script = "trap 'exit 0' TERM; while :; do :; done";
      const { uid } = await t.runningPod({ containers: [{ behaviour: "shell", params: { script } }], grace: 1 });
      const counter = async () => (await statsOf(t, uid)).containers[0]?.cpu;
      const first = t.present(await counter(), "a busy container has no figures of the processor");
      const start = t.present(first.usageCoreNanoSeconds, "the counter is absent");
      const [time, used] = await t.eventually("stream", "a tenth of a second of the processor is used", async () => {
        const next = await counter();
        const more = Number((next?.usageCoreNanoSeconds ?? start) - start);
        return more >= LEAST_NS ? ([next?.time, more] as const) : undefined;
      });
      const elapsed = (t.present(time, "figures without a time").getTime() - (first.time?.getTime() ?? 0)) * 1e6;
      const { node } = await t.calls.node.getNode({}, t.options);
      const cores = parseQuantity(node?.capacity.get("cpu") ?? "") ?? 1;
      t.verify(used <= (elapsed + ROUGHLY_NS) * cores, "wrong-value", `${used} ns of ${cores} cores in ${elapsed} ns`);
    },
  }),
];

/** Figures may be taken at other moments than their times say. */
const ROUGHLY_NS = 2e9;
const LEAST_NS = 1e8;

async function read(t: Trial, onlyCpuAndMemory = false): Promise<readonly GetStatsResponse[]> {
  const all: GetStatsResponse[] = [];
  for await (const message of t.calls.stats.getStats({ onlyCpuAndMemory }, t.options)) all.push(message);
  return all;
}

/** Figures of one pod, once there are some. */
async function statsOf(t: Trial, uid: string): Promise<PodStats> {
  return await t.eventually("stream", "figures of the pod", async () => {
    const own = (await read(t)).find(({ stats }) => stats?.$case === "pod" && stats.value.uid === uid);
    return own?.stats?.$case === "pod" ? own.stats.value : undefined;
  });
}
