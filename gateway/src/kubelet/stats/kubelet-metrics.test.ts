import { expect } from "chai";
import { parseExposition } from "../testing/exposition-parser.js";
import { containerStatus, createPod, podStatus, RUNNING } from "../testing/pods.js";
import { MEASURED_MS, podUsage } from "../testing/usage.js";
import { writeExposition } from "./exposition.js";
import { FiguresMaker } from "./figures.js";
import { hasClaims, toKubeletMetrics } from "./kubelet-metrics.js";

describe("the kubelet's own metrics", () => {
  const bare = createPod("p");
  const volumes = [
    { name: "data", persistentVolumeClaim: { claimName: "disk" } },
    { name: "work", emptyDir: {} },
  ];
  const claiming = (name: string) => ({ ...createPod(name), spec: { ...bare.spec, volumes } });

  function seriesOf(text: string): readonly string[] {
    const samples = parseExposition(text).flatMap((family) => family.samples);
    return samples.map(({ name, labels, value }) => `${name} ${Object.values(labels).join("/")} ${value}`);
  }

  it("name the node and count what runs", () => {
    const ended = podStatus(containerStatus({ state: { terminated: { exitCode: 0 } } }));
    const entries = [
      { pod: bare, status: RUNNING },
      { pod: createPod("q"), status: ended },
      { pod: createPod("r"), status: undefined },
    ];
    expect(seriesOf(writeExposition(toKubeletMetrics("n", entries, undefined)))).to.deep.equal([
      "kubelet_node_name n 1",
      "kubelet_running_containers running 1",
      "kubelet_running_containers exited 1",
      "kubelet_running_pods  1",
    ]);
  });

  it("show how full claims are, once per claim, and nothing of other volumes", () => {
    const entries = ["p", "q"].map((name) => ({ pod: claiming(name), status: RUNNING }));
    const filesystem = { timeMs: MEASURED_MS, capacityBytes: 100n, usedBytes: 40n };
    const pods = entries.map(({ pod }) => ({
      ...podUsage(pod.metadata.uid),
      volumes: volumes.map(({ name }) => ({ name, filesystem })),
    }));
    const figures = new FiguresMaker().make({ pods }, entries, MEASURED_MS);
    const series = seriesOf(writeExposition(toKubeletMetrics("n", entries, figures)));
    expect(series.filter((each) => each.includes("volume"))).to.deep.equal([
      "kubelet_volume_stats_capacity_bytes httpcap/disk 100",
      "kubelet_volume_stats_used_bytes httpcap/disk 40",
    ]);
  });

  it("need the provider only where a pod has a claim", () => {
    expect(hasClaims([{ pod: bare, status: undefined }])).to.equal(false);
    expect(
      hasClaims([
        { pod: bare, status: undefined },
        { pod: claiming("q"), status: undefined },
      ]),
    ).to.equal(true);
  });
});
