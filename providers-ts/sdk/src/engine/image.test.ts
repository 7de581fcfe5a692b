import { expect } from "chai";
import { RuntimeError } from "./runtime.js";
import { container, Harness, RETRY_MS } from "./testing/harness.js";

const POD = { restartPolicy: "Always", terminationGracePeriodSeconds: 5, containers: [container("c")] };

describe("pod engine: images", () => {
  it("shows ErrImagePull, then ImagePullBackOff, and pulls again after the back-off", async () => {
    await using h = await Harness.start();
    h.runtime.images.set("img", { imageId: "", pulled: true, sizeBytes: 5 });
    h.runtime.onImage = () => {
      throw new RuntimeError("ErrImagePull", "not found");
    };
    await h.create(POD);
    await h.sees("PREPARING ready c=ErrImagePull#0");
    await h.advance(RETRY_MS);
    h.runtime.onImage = () => {};
    await h.advance(RETRY_MS);
    expect(h.state).to.equal("PREPARING ready c=ErrImagePull#0");
    await h.advance(RETRY_MS);
    await h.until(() => h.state.includes("c=R#0"), "it runs");
    expect(h.history.slice(2)).to.deep.equal([
      "PREPARING ready c=ContainerCreating#0",
      "PREPARING ready c=ErrImagePull#0",
      "PREPARING ready c=ImagePullBackOff#0",
      "PREPARING ready c=ErrImagePull#0",
      "PREPARING ready c=ImagePullBackOff#0",
      "STARTED ready c=R#0",
    ]);
    const counts = h.eventCounts();
    expect(counts.get('Pulling|c|Pulling image "img"')).to.equal(3);
    expect(counts.get('Failed|c|Failed to pull image "img": not found')).to.equal(2);
    expect(counts.get("Failed|c|Error: ErrImagePull")).to.equal(2);
    expect(counts.get('BackOff|c|Back-off pulling image "img"')).to.equal(2);
    expect(counts.get("Failed|c|Error: ImagePullBackOff")).to.equal(2);
    const texts = h.observations.flatMap(({ containers }) =>
      containers.flatMap(({ state }) => (state?.$case === "waiting" ? [state.value.message] : [])),
    );
    expect(texts).to.include('Back-off pulling image "img": ErrImagePull: not found');
  });

  it("tells of a pull that worked", async () => {
    await using h = await Harness.start();
    h.runtime.images.set("img", { imageId: "sha256:1", pulled: true, sizeBytes: 5 });
    await h.create(POD);
    await h.sees("STARTED ready c=R#0");
    const message = 'Successfully pulled image "img" in 0ms (0ms including waiting). Image size: 5 bytes.';
    expect(h.eventCounts().get(`Pulled|c|${message}`)).to.equal(1);
  });

  it("says that an image may not be pulled", async () => {
    await using h = await Harness.start();
    const text = 'Container image "img" is not present with pull policy of Never';
    h.runtime.onImage = () => {
      throw new RuntimeError("ErrImageNeverPull", text);
    };
    await h.create({ ...POD, containers: [container("c", { imagePullPolicy: "Never" })] });
    await h.sees("PREPARING ready c=ErrImageNeverPull#0");
    expect(h.eventCounts().get(`ErrImageNeverPull|c|${text}`)).to.be.greaterThan(0);
    expect(h.eventCounts().get("Failed|c|Error: ErrImageNeverPull")).to.be.greaterThan(0);
  });

  it("tells of a name that is none by the kubelet's events, without a pull or a back-off", async () => {
    await using h = await Harness.start();
    const text = "Failed to apply default image tag";
    h.runtime.onImage = () => {
      throw new RuntimeError("InvalidImageName", text);
    };
    await h.create(POD);
    await h.sees("PREPARING ready c=InvalidImageName#0");
    expect(h.eventCounts().get(`InspectFailed|c|${text}`)).to.be.greaterThan(0);
    expect(h.eventCounts().get("Failed|c|Error: InvalidImageName")).to.be.greaterThan(0);
    expect([...h.eventCounts().keys()].filter((key) => key.startsWith("Pulling"))).to.deep.equal([]);
  });

  it("shows trouble with the image of an ephemeral container at its next try", async () => {
    await using h = await Harness.start();
    h.runtime.onImage = (image) => {
      if (image === "none") throw new RuntimeError("ErrImagePull", "not found");
    };
    await h.create(POD);
    await h.sees("STARTED ready c=R#0");
    await h.quiet();
    await h.update({ ...POD, ephemeralContainers: [container("e", { image: "none" })] });
    await h.sees("STARTED ready c=R#0 e=ContainerCreating#0");
    await h.quiet();
    expect(h.eventCounts().get('BackOff|e|Back-off pulling image "none"')).to.equal(undefined);
    await h.advance(RETRY_MS);
    await h.sees("STARTED ready c=R#0 e=ErrImagePull#0");
  });
});
