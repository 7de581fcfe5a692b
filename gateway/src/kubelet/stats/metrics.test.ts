import { expect } from "chai";
import type { UsageSnapshot } from "../../ports/stats.js";
import { type ParsedFamily, parseExposition } from "../testing/exposition-parser.js";
import { createPod, RUNNING } from "../testing/pods.js";
import { containerUsage, MEASURED_MS, podUsage } from "../testing/usage.js";
import { toCadvisorMetrics } from "./cadvisor-metrics.js";
import { writeExposition } from "./exposition.js";
import { FiguresMaker } from "./figures.js";
import { toProbeMetrics } from "./probe-metrics.js";
import { toResourceMetrics } from "./resource-metrics.js";

const FILESYSTEM = { timeMs: MEASURED_MS, usedBytes: 10n, capacityBytes: 100n, inodes: 7n, inodesFree: 3n };
const SNAPSHOT: UsageSnapshot = {
  node: { startTimeMs: 1_795_611_544_000, filesystem: FILESYSTEM },
  pods: [
    {
      ...podUsage("uid-p", containerUsage("c", 0.370375082, { rootfs: FILESYSTEM, swapUsageBytes: 4096n })),
      network: { timeMs: MEASURED_MS, interfaces: [{ name: "eth0", rxBytes: 5n, txBytes: 6n, rxErrors: 0n }] },
      processCount: 3n,
    },
    podUsage("uid-q", containerUsage("c", 2)),
  ],
};

function figures(snapshot: UsageSnapshot = SNAPSHOT) {
  const entries = ["p", "q"].map((name) => ({ pod: createPod(name), status: RUNNING }));
  return new FiguresMaker().make(snapshot, entries, MEASURED_MS);
}

function samplesOf(families: readonly ParsedFamily[], name: string) {
  return families.find((family) => family.name === name)?.samples.map(({ name: _name, ...sample }) => sample);
}

describe("/metrics/resource", () => {
  const families = parseExposition(writeExposition(toResourceMetrics(figures())));

  it("has the kubelet's metrics, each with its type", () => {
    expect(families.map(({ name, type }) => `${name} ${type}`)).to.deep.equal([
      "container_cpu_usage_seconds_total counter",
      "container_memory_working_set_bytes gauge",
      "container_start_time_seconds gauge",
      "container_swap_usage_bytes gauge",
      "node_cpu_usage_seconds_total counter",
      "node_memory_working_set_bytes gauge",
      "pod_cpu_usage_seconds_total counter",
      "pod_memory_working_set_bytes gauge",
      "resource_scrape_error gauge",
    ]);
  });

  it("tells when a figure was measured, in milliseconds, but for the start", () => {
    const labels = { container: "c", namespace: "httpcap", pod: "p" };
    expect(samplesOf(families, "container_cpu_usage_seconds_total")?.[0]).to.deep.equal({
      labels,
      value: 0.370375082,
      timeMs: MEASURED_MS,
    });
    expect(samplesOf(families, "container_start_time_seconds")?.[0]).to.deep.equal({
      labels,
      value: (MEASURED_MS - 60_000) / 1000,
    });
    expect(samplesOf(families, "node_cpu_usage_seconds_total")).to.deep.equal([
      { labels: {}, value: 2.370375082, timeMs: MEASURED_MS },
    ]);
    expect(samplesOf(families, "resource_scrape_error")).to.deep.equal([{ labels: {}, value: 0 }]);
  });

  it("says only that it failed when figures cannot be had", () => {
    expect(writeExposition(toResourceMetrics(undefined))).to.equal(
      "# HELP resource_scrape_error [STABLE] 1 if there was an error while getting container metrics, 0 otherwise\n" +
        "# TYPE resource_scrape_error gauge\nresource_scrape_error 1\n",
    );
  });
});

describe("/metrics/cadvisor", () => {
  const families = parseExposition(writeExposition(toCadvisorMetrics(figures(), MEASURED_MS)));

  it("has cAdvisor's six labels on every series, and series of the node, of pods and of containers", () => {
    const series = families.filter(({ name }) => name !== "container_scrape_error").flatMap(({ samples }) => samples);
    for (const { labels } of series)
      expect(labels).to.include.all.keys("container", "id", "image", "name", "namespace", "pod");
    const cpu = samplesOf(families, "container_cpu_usage_seconds_total");
    const none = { container: "", image: "", name: "", cpu: "total" };
    expect(cpu?.slice(0, 3).map(({ labels }) => labels)).to.deep.equal([
      { ...none, id: "/", namespace: "", pod: "" },
      { ...none, id: "/kubepods/poduid-p", namespace: "httpcap", pod: "p" },
      {
        ...none,
        id: "/kubepods/poduid-p/1",
        namespace: "httpcap",
        pod: "p",
        container: "c",
        image: "busybox",
        name: "1",
      },
    ]);
  });

  it("shows network and processes of the pod, disk and swap of the container", () => {
    const of = (name: string) => samplesOf(families, name)?.map(({ labels, value }) => [labels["container"], value]);
    expect(of("container_network_receive_bytes_total")).to.deep.equal([["", 5]]);
    expect(of("container_network_transmit_bytes_total")).to.deep.equal([["", 6]]);
    expect(of("container_network_receive_errors_total")).to.deep.equal([["", 0]]);
    expect(of("container_network_transmit_errors_total")).to.equal(undefined);
    expect(of("container_processes")).to.deep.equal([["", 3]]);
    expect(of("container_fs_usage_bytes")).to.deep.equal([
      ["", 10],
      ["c", 10],
    ]);
    expect(of("container_memory_swap")).to.deep.equal([["c", 4096]]);
  });

  it("has the types and help texts of cAdvisor", () => {
    const cpu = families.find(({ name }) => name === "container_cpu_usage_seconds_total");
    expect(cpu).to.deep.include({ help: "Cumulative cpu time consumed in seconds.", type: "counter" });
    expect(families.find(({ name }) => name === "container_last_seen")?.samples[0]).to.deep.include({
      value: Math.trunc(MEASURED_MS / 1000),
      timeMs: MEASURED_MS,
    });
  });

  it("says only that it failed when figures cannot be had", () => {
    const failed = parseExposition(writeExposition(toCadvisorMetrics(undefined, MEASURED_MS)));
    expect(failed.map(({ name, samples }) => [name, samples[0]?.value])).to.deep.equal([["container_scrape_error", 1]]);
  });
});

describe("/metrics/probes", () => {
  it("is a valid exposition without series of a prober", () => {
    const families = parseExposition(writeExposition(toProbeMetrics(1_795_613_135_880)));
    expect(families.map(({ name, samples }) => [name, samples[0]?.value])).to.deep.equal([
      ["process_start_time_seconds", 1795613135.88],
    ]);
  });
});
