import { expect } from "chai";
import type { PodStatus } from "../../domain/kubernetes.js";
import type { PodSourceEvent } from "../../ports/pods.js";
import { FakeApi } from "./fake-api.js";

const ended: PodStatus = {
  phase: "Running",
  containerStatuses: [
    { name: "c", image: "i", imageID: "", ready: false, restartCount: 0, state: { terminated: { exitCode: 0 } } },
  ],
};

function waiting(status: PodStatus): PodStatus {
  const [container] = status.containerStatuses ?? [];
  if (container === undefined) throw new Error("no container");
  return { ...status, containerStatuses: [{ ...container, state: { waiting: { reason: "CrashLoopBackOff" } } }] };
}

/** Everything that the watch tells until it waits. */
async function told(api: FakeApi, meanwhile: () => void): Promise<readonly PodSourceEvent["kind"][]> {
  const stop = new AbortController();
  const kinds: PodSourceEvent["kind"][] = [];
  const reading = (async () => {
    for await (const { kind } of api.watch(stop.signal)) kinds.push(kind);
  })();
  await new Promise((resolve) => setImmediate(resolve));
  meanwhile();
  await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await reading;
  return kinds;
}

describe("FakeApi", () => {
  it("merges a status into what others wrote meanwhile", async () => {
    const api = new FakeApi();
    const pod = api.create("p");
    const gate = { type: "gate", status: "True" };
    api.change(pod, { status: { ...pod.status, conditions: [gate] } });
    const own = { type: "Ready", status: "False" };
    await api.patchStatus(pod, pod.status ?? {}, { ...pod.status, phase: "Running", conditions: [own] });
    expect(api.byName("p")?.status).to.deep.include({ phase: "Running", conditions: [gate, own] });
  });

  it("makes no new object of a patch that changes nothing", async () => {
    const api = new FakeApi();
    const pod = api.create("p");
    const first = await api.patchStatus(pod, pod.status ?? {}, { ...pod.status, phase: "Running" });
    const again = await api.patchStatus(pod, pod.status ?? {}, { ...pod.status, phase: "Running" });
    expect(again).to.deep.equal(first);
  });

  it("removes what the patch sets to null, and addresses that are gone", async () => {
    const api = new FakeApi();
    const pod = api.create("p");
    const from = { ...pod.status, reason: "x", podIPs: [{ ip: "10.0.0.1" }, { ip: "10.0.0.2" }] };
    api.change(pod, { status: from });
    await api.patchStatus(pod, from, { ...pod.status, podIPs: [{ ip: "10.0.0.2" }] });
    expect(api.byName("p")?.status).to.not.have.property("reason");
    expect(api.byName("p")?.status?.podIPs).to.deep.equal([{ ip: "10.0.0.2" }]);
  });

  it("lets no container leave state terminated that may not start again", async () => {
    for (const [restartPolicy, refused] of [
      ["Never", true],
      ["OnFailure", true],
      ["Always", false],
    ] as const) {
      const api = new FakeApi();
      const pod = api.create("p", { restartPolicy });
      api.change(pod, { status: ended });
      const error: unknown = await api.patchStatus(pod, ended, waiting(ended)).catch((reason: unknown) => reason);
      expect(error instanceof Error, restartPolicy).to.equal(refused);
    }
  });

  it("takes a second DELETE only if it ends the pod sooner, and raises the generation once", () => {
    const api = new FakeApi();
    api.create("p");
    api.remove("p", 10);
    api.remove("p", 20);
    expect(api.byName("p")?.metadata).to.include({ deletionGracePeriodSeconds: 10, generation: 2 });
    api.remove("p", 5);
    expect(api.byName("p")?.metadata).to.include({ deletionGracePeriodSeconds: 5, generation: 2 });
  });

  it("keeps back what the watch tells while it is late, and tells it in order then", async () => {
    const api = new FakeApi();
    const change = () => {
      api.create("p");
      api.remove("p", 0);
    };
    expect(await told(api, change)).to.deep.equal(["list", "set", "gone"]);
    api.late = true;
    expect(await told(api, change)).to.deep.equal(["list"]);
    expect(api.hasUntold()).to.equal(true);
  });

  it("does what it is asked even if its answer is lost", async () => {
    const api = new FakeApi();
    const pod = api.create("p");
    api.loseAnswers = true;
    const error: unknown = await api.delete(pod).catch((reason: unknown) => reason);
    expect(error).to.be.an("error");
    expect(api.byName("p")).to.equal(undefined);
  });
});
