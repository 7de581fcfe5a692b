import { expect } from "chai";
import { Registry } from "prom-client";
import type { PodStatus } from "../domain/kubernetes.js";
import type { PodWriter } from "../ports/pods.js";
import { countTerminations } from "./termination-metrics.js";
import { containerStatus, createPod, podStatus, RUNNING } from "./testing/pods.js";

describe("kubelet_terminated_containers_total", () => {
  const pod = createPod("p");
  const signal = new AbortController().signal;
  const ended = (exitCode: number, reason: string): PodStatus =>
    podStatus(containerStatus({ state: { terminated: { exitCode, reason } } }));

  const writerThat = (patchStatus: PodWriter["patchStatus"]): PodWriter => ({
    get: async () => await Promise.resolve({ kind: "gone" }),
    delete: async () => await Promise.resolve(),
    patchStatus,
  });
  const taking = writerThat(async () => await Promise.resolve({ kind: "ok", pod }));

  async function linesOf(registry: Registry): Promise<readonly string[]> {
    return (await registry.metrics()).split("\n").filter((line) => line.startsWith("kubelet_"));
  }

  it("counts an end once, when the API has taken it", async () => {
    const registry = new Registry();
    const writer = countTerminations(taking, registry);
    await writer.patchStatus(pod, RUNNING, ended(139, "Error"), signal);
    await writer.patchStatus(pod, ended(139, "Error"), ended(139, "Error"), signal);
    expect(await linesOf(registry)).to.deep.equal([
      'kubelet_terminated_containers_total{container_type="container",exit_code="139",reason="Error"} 1',
    ]);
  });

  it("counts nothing that the API did not take", async () => {
    const registry = new Registry();
    const gone = countTerminations(
      writerThat(async () => await Promise.resolve({ kind: "gone" })),
      registry,
    );
    await gone.patchStatus(pod, RUNNING, ended(1, "Error"), signal);
    expect(await linesOf(registry)).to.deep.equal([]);
  });

  it("has few labels, whatever a provider says", async () => {
    const registry = new Registry();
    const writer = countTerminations(taking, registry);
    for (const [code, reason] of [
      [70_000, "a"],
      [-1, "b"],
    ] as const) {
      await writer.patchStatus(pod, RUNNING, ended(code, reason), signal);
    }
    expect(await linesOf(registry)).to.deep.equal([
      'kubelet_terminated_containers_total{container_type="container",exit_code="other",reason="Other"} 2',
    ]);
  });
});
