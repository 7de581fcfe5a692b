/** Against a summary recorded from a real kubelet, without what the contract has no figures for. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { createPod } from "../testing/pods.js";
import type { ContainerUsage, InterfaceUsage, UsageSnapshot } from "../../ports/stats.js";
import { containerUsage, MEASURED_MS, podUsage } from "../testing/usage.js";
import { FiguresMaker } from "./figures.js";
import { type Summary, toSummary } from "./summary.js";

function summaryOf(...args: Parameters<typeof toSummary>): {
  readonly node: Summary;
  readonly pods: readonly Summary[];
} {
  const { node, pods } = toSummary(...args);
  return { node, pods: [...pods] };
}

type Recorded = Readonly<Record<string, unknown>>;

const recorded = JSON.parse(
  readFileSync(new URL("../../../testdata/http/stats-summary.json", import.meta.url), "utf8"),
) as { readonly node: Recorded; readonly pods: readonly Recorded[] };

/** Pressure, limits of the kernel, swap of anything but a container, and a second filesystem. */
const WITHOUT = new Set(["psi", "io", "rlimit", "swapAvailableBytes", "containerFs"]);

describe("the summary", () => {
  const pod = createPod("p", { uid: "7b7a7fc5-83fd-42c3-874e-5fa4f9a8c011" });
  const entries = [{ pod, status: undefined }];

  it("has every figure that the kubelet shows and the contract has, as the kubelet writes it", () => {
    const figures = new FiguresMaker().make(toSnapshot(), entries, MEASURED_MS);
    const { systemContainers: _system, ...node } = comparable(recorded.node) as Recorded;
    const { systemContainers, ...ours } = comparable(summaryOf("real-1", figures, ALL)["node"]) as Recorded;
    expect(ours).to.deep.equal(withoutSwap(node));
    expect(systemContainers).to.have.nested.property("[0].name", "pods");
    expect(summaryOf("real-1", figures, ALL)["pods"]).to.deep.equal(
      (comparable(recorded.pods) as readonly Recorded[]).map(withoutSwap),
    );
  });

  it("of CPU and memory only has nothing else", () => {
    const figures = new FiguresMaker().make(toSnapshot(), entries, MEASURED_MS);
    const { node, pods } = summaryOf("real-1", figures, { onlyCpuAndMemory: true });
    expect(node).to.have.all.keys("nodeName", "systemContainers", "startTime", "cpu", "memory");
    expect(pods).to.have.nested.property("[0]").with.all.keys("podRef", "startTime", "containers", "cpu", "memory");
    expect(pods)
      .to.have.nested.property("[0].containers[0]")
      .with.all.keys("name", "startTime", "cpu", "memory", "swap");
  });

  it("names the claim of a volume, its own or a generated one", () => {
    const volumes = [
      { name: "data", persistentVolumeClaim: { claimName: "disk" } },
      { name: "scratch", ephemeral: {} },
    ];
    const bound = { ...pod, spec: { ...pod.spec, volumes } };
    const filesystem = { timeMs: MEASURED_MS, usedBytes: 1n };
    const usage = { ...podUsage(pod.metadata.uid), volumes: volumes.map(({ name }) => ({ name, filesystem })) };
    const figures = new FiguresMaker().make({ pods: [usage] }, [{ pod: bound, status: undefined }], MEASURED_MS);
    const time = "2026-11-25T13:38:18Z";
    expect(summaryOf("n", figures, ALL)["pods"])
      .to.have.nested.property("[0].volume")
      .that.deep.equals([
        { time, usedBytes: 1, name: "data", pvcRef: { name: "disk", namespace: "httpcap" } },
        { time, usedBytes: 1, name: "scratch", pvcRef: { name: "p-scratch", namespace: "httpcap" } },
      ]);
  });

  it("leaves out what is not known, and shows starts that are not known as null", () => {
    const bare: ContainerUsage = { name: "c" };
    const usage = { uid: pod.metadata.uid, containers: [bare], volumes: [] };
    const figures = new FiguresMaker().make({ pods: [usage] }, entries, MEASURED_MS);
    expect(summaryOf("n", figures, ALL)).to.deep.equal({
      node: { nodeName: "n", startTime: null },
      pods: [
        {
          podRef: { name: "p", namespace: "httpcap", uid: pod.metadata.uid },
          startTime: null,
          containers: [{ name: "c", startTime: null }],
        },
      ],
    });
  });

  it("writes counters above 2^53 as integers", () => {
    const usage = podUsage(pod.metadata.uid, containerUsage("c", 1e10));
    const figures = new FiguresMaker().make({ pods: [usage] }, entries, MEASURED_MS);
    expect(JSON.stringify(summaryOf("n", figures, ALL))).to.include('"usageCoreNanoSeconds":10000000000000000000');
  });
});

const ALL = { onlyCpuAndMemory: false };

/** The recorded figures as a provider would have told them. */
function toSnapshot(): UsageSnapshot {
  const { startTime, cpu, memory, network, fs, runtime } = fromRecorded(recorded.node);
  const pods = recorded.pods.map((each) => {
    const { podRef, volume = [], "ephemeral-storage": ephemeralStorage, containers, ...rest } = fromRecorded(each);
    return {
      ...rest,
      uid: podRef.uid,
      startTimeMs: Date.parse(rest.startTime),
      ephemeralStorage,
      volumes: volume.map(({ name, ...filesystem }: { readonly name: string }) => ({ name, filesystem })),
      containers: containers.map(({ startTime: since, swap, ...container }: Revived) => ({
        ...container,
        startTimeMs: Date.parse(since),
        swapUsageBytes: swap.swapUsageBytes,
      })),
    };
  });
  const { interfaces, timeMs } = network;
  const others = interfaces.filter(({ name }: InterfaceUsage) => name !== network.name);
  const first = interfaces.filter(({ name }: InterfaceUsage) => name === network.name);
  return {
    node: {
      startTimeMs: Date.parse(startTime),
      cpu,
      memory,
      network: { timeMs, interfaces: [...first, ...others] },
      filesystem: fs,
      imageFilesystem: runtime.imageFs,
    },
    pods,
  };
}

/** Recorded JSON, of many shapes. */
type Revived = ReturnType<typeof JSON.parse>;

/** Numbers as bigints, `time` as milliseconds. */
function fromRecorded(value: unknown): Revived {
  return JSON.parse(JSON.stringify(comparable(value)), (_key, each: unknown) => {
    if (typeof each === "number") return BigInt(each);
    if (typeof each !== "object" || each === null || !("time" in each)) return each;
    const { time, ...rest } = each as { readonly time: string };
    return { timeMs: Date.parse(time), ...rest };
  });
}

/** Without what the contract has no figures for; interfaces with the default one first. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable).toSorted(defaultInterfaceFirst);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([name]) => !WITHOUT.has(name));
  return Object.fromEntries(fields.map(([name, each]) => [name, comparable(each)]));
}

function defaultInterfaceFirst(a: unknown, b: unknown): number {
  const isDefault = (each: unknown): number => Number((each as { readonly name?: string } | null)?.name === "eth0");
  return isDefault(b) - isDefault(a);
}

function withoutSwap({ swap: _swap, ...rest }: Recorded): Recorded {
  return rest;
}
