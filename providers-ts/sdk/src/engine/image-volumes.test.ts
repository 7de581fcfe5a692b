import { Feature, FeatureLevel } from "@outboard/contract";
import { expect } from "chai";
import { RuntimeError } from "./runtime.js";
import { container, Harness, inputsFor, UID, RETRY_MS } from "./testing/harness.js";

const MOUNTS = { volumeMounts: [{ name: "data", mountPath: "/data", subPath: "etc" }] };

function podWith(containers: readonly Readonly<Record<string, unknown>>[], reference = "data:1") {
  return {
    restartPolicy: "Never",
    volumes: [{ name: "data", image: { reference, pullPolicy: "Always" } }],
    containers,
  };
}

async function start(): Promise<Harness> {
  const harness = await Harness.start();
  harness.runtime.features = [{ feature: Feature.VOLUMES_IMAGE, level: FeatureLevel.HONOURED, text: "", bounds: [] }];
  return harness;
}

function pullsOf(h: Harness, image: string): number | undefined {
  return h.eventCounts().get(`Pulling||Pulling image "${image}"`);
}

describe("pod engine: image volumes", () => {
  it("mounts them read-only, with the image that was pulled, and tells of the pull at the pod", async () => {
    await using h = await start();
    h.runtime.images.set("data:1", { imageId: "sha256:d", pulled: true, sizeBytes: 5 });
    await h.create(podWith([container("c", MOUNTS)]));
    await h.sees("STARTED ready c=R#0");
    expect(h.runtime.specOf(UID, "c").mounts).to.deep.equal([
      {
        volume: "data",
        source: "",
        mountPath: "/data",
        readOnly: true,
        image: { name: "data:1", imageId: "sha256:d", subPath: "etc" },
      },
    ]);
    expect(pullsOf(h, "data:1")).to.equal(1);
  });

  it("pulls once for all containers that start in one pass, though nobody mounts it", async () => {
    await using h = await start();
    h.runtime.images.set("data:1", { imageId: "sha256:d", pulled: true, sizeBytes: 5 });
    await h.create(podWith([container("a"), container("b")]));
    await h.sees("STARTED ready a=R#0 b=R#0");
    expect(pullsOf(h, "data:1")).to.equal(1);
  });

  it("holds back who mounts what cannot be pulled, and nobody else", async () => {
    await using h = await start();
    h.runtime.images.set("data:1", { imageId: "", pulled: true, sizeBytes: 5 });
    h.runtime.onImage = (image) => {
      if (image === "data:1") throw new RuntimeError("ErrImagePull", "not found");
    };
    await h.create(podWith([container("a", MOUNTS), container("b")]));
    await h.sees("STARTED ready a=ErrImagePull#0 b=R#0");
    expect(h.eventCounts().get('Failed||Failed to pull image "data:1": not found')).to.equal(1);
    expect(h.eventCounts().get("Failed|a|Error: ErrImagePull")).to.equal(1);
    await h.advance(RETRY_MS);
    await h.advance(1000);
    await h.until(() => h.history.some((text) => text.includes("a=ImagePullBackOff#0")), "back-off");
    h.runtime.onImage = () => {};
    await h.advance(20_000);
    await h.until(() => h.state === "STARTED ready a=R#0 b=R#0", "it runs");
  });

  it("pulls each with its own credentials", async () => {
    await using h = await start();
    const credential = { serverAddress: "r", username: "u", password: "p", identityToken: "", registryToken: "" };
    const spec = podWith([container("c", MOUNTS)]);
    const imageVolumes = [{ name: "data", registryCredentials: [credential] }];
    await h.create(spec, { inputs: { ...inputsFor(spec), imageVolumes } });
    await h.sees("STARTED ready c=R#0");
    expect(h.runtime.credentials.get("data:1")).to.deep.equal([credential]);
  });

  it("refuses a sub path that leaves the image", async () => {
    await using h = await start();
    await h.create(podWith([container("c", { volumeMounts: [{ name: "data", mountPath: "/d", subPath: "../x" }] })]));
    await h.sees("PREPARING ready c=CreateContainerConfigError#0");
  });

  it("leaves them out where the runtime has none", async () => {
    await using h = await Harness.start();
    await h.create(podWith([container("c", MOUNTS)]));
    await h.sees("STARTED ready c=R#0");
    expect(h.runtime.specOf(UID, "c").mounts).to.deep.equal([]);
    expect(h.events.filter(({ container: name }) => name === "")).to.deep.equal([]);
  });
});
