import { expect } from "chai";
import type { PodEntry } from "../../ports/kubelet.js";
import type { CpuUsage, PodUsage } from "../../ports/stats.js";
import { createPod, RUNNING } from "../testing/pods.js";
import { containerUsage, MEASURED_MS, podUsage } from "../testing/usage.js";
import { FiguresMaker } from "./figures.js";

const SECOND = 1_000_000_000n;

describe("figures", () => {
  const entries: readonly PodEntry[] = ["a", "b"].map((name) => ({ pod: createPod(name), status: RUNNING }));

  function make(...pods: readonly PodUsage[]) {
    return new FiguresMaker().make({ pods }, entries, MEASURED_MS);
  }

  it("of a pod are the sum of its containers, and those of the node the sum of its pods", () => {
    const { node, pods, sum } = make(
      podUsage("uid-a", containerUsage("one", 60), containerUsage("two", 30)),
      podUsage("uid-b", containerUsage("one", 6)),
    );
    expect(pods[0]?.cpu).to.deep.equal({
      timeMs: MEASURED_MS,
      usageNanoCores: (SECOND * 3n) / 2n,
      usageCoreNanoSeconds: 90n * SECOND,
    });
    expect(pods[0]?.memory).to.include({ workingSetBytes: 2_097_152n, usageBytes: 4_194_304n });
    expect(node.cpu).to.include({ usageCoreNanoSeconds: 96n * SECOND, usageNanoCores: (SECOND * 8n) / 5n });
    expect(node.memory).to.include({ workingSetBytes: 3_145_728n });
    expect(sum).to.deep.equal({ cpu: node.cpu, memory: node.memory });
  });

  it("stay unknown where one part is not known", () => {
    const { timeMs } = { timeMs: MEASURED_MS };
    const { node, pods } = make(
      podUsage("uid-a", containerUsage("one", 60), { name: "two", memory: { timeMs, workingSetBytes: 5n } }),
    );
    expect(pods[0]).not.to.have.property("cpu");
    expect(pods[0]?.memory).to.deep.equal({ timeMs, workingSetBytes: 1_048_581n });
    expect(node).not.to.have.property("cpu");
  });

  it("are the provider's own where it has them, completed field by field", () => {
    const cpu: CpuUsage = { timeMs: MEASURED_MS + 5, usageNanoCores: 9n };
    const pod = { ...podUsage("uid-a", containerUsage("one", 60)), memory: { timeMs: 1, rssBytes: 3n } };
    const { node, pods } = new FiguresMaker().make({ node: { cpu }, pods: [pod] }, entries, MEASURED_MS);
    expect(pods[0]?.memory).to.deep.equal({ timeMs: 1, rssBytes: 3n });
    expect(node.cpu).to.deep.equal({ ...cpu, usageCoreNanoSeconds: 60n * SECOND });
  });

  it("of the node are zero without pods, and do not vanish with a pod of which nothing runs", () => {
    const nothing = { timeMs: MEASURED_MS, usageNanoCores: 0n, usageCoreNanoSeconds: 0n };
    expect(make().node.cpu).to.deep.equal(nothing);
    expect(make(podUsage("uid-a")).node.cpu).to.deep.equal(nothing);
    expect(make(podUsage("uid-a")).node.memory).to.include({ workingSetBytes: 0n });
  });

  it("leave out pods that are not bound to this node, and all but the youngest of one name", () => {
    const young = createPod("a", { uid: "uid-young" });
    const entry = { pod: { ...young, metadata: { ...young.metadata, creationTimestamp: "2026-11-25T13:30:00Z" } } };
    const usage = ["uid-a", "uid-young", "uid-stray"].map((uid) => podUsage(uid, containerUsage("one", 1)));
    const both = [...entries, { ...entry, status: undefined }];
    const { pods } = new FiguresMaker().make({ pods: usage }, both, MEASURED_MS);
    expect(pods.map(({ uid }) => uid)).to.deep.equal(["uid-young"]);
  });

  it("of pods and node never fall when a container starts again, ends, or a pod goes", () => {
    const maker = new FiguresMaker();
    const restarted = containerUsage("one", 2, { startTimeMs: MEASURED_MS - 3_000 });
    const steps: readonly (readonly PodUsage[])[] = [
      [
        podUsage("uid-a", containerUsage("one", 60), containerUsage("two", 30)),
        podUsage("uid-b", containerUsage("one", 6)),
      ],
      [podUsage("uid-a", restarted, containerUsage("two", 31)), podUsage("uid-b", containerUsage("one", 7))],
      [podUsage("uid-a", restarted), podUsage("uid-b", containerUsage("one", 8))],
      [podUsage("uid-b", containerUsage("one", 9))],
    ];
    const seen = steps.map((pods) => maker.make({ pods }, entries, MEASURED_MS));
    const seconds = (cpu: CpuUsage | undefined): number => Number(cpu?.usageCoreNanoSeconds ?? -1n) / 1e9;
    expect(seen.map(({ node }) => seconds(node.cpu))).to.deep.equal([96, 100, 101, 102]);
    expect(seen.slice(0, 3).map(({ pods }) => seconds(pods[0]?.cpu))).to.deep.equal([90, 93, 93]);
  });
});
