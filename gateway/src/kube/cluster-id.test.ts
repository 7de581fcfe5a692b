import { expect } from "chai";
import { createSelfSigned } from "../testing/self-signed.js";
import { chooseClusterId, clusterIdOf, rememberedClusterId } from "./cluster-id.js";
import { CLUSTER_ID_ANNOTATION } from "../domain/node-object.js";

describe("the cluster id", () => {
  it("is the hash of the CA, whatever text surrounds it", async () => {
    const { cert } = await createSelfSigned(["ca"], 0);
    const other = await createSelfSigned(["ca"], 0);
    expect(clusterIdOf(cert, "")).to.match(/^[0-9a-f]{64}$/);
    expect(clusterIdOf(`# a comment\n${cert}\n\n`, "")).to.equal(clusterIdOf(cert, ""));
    expect(clusterIdOf(other.cert, "")).to.not.equal(clusterIdOf(cert, ""));
  });

  it("falls back to something else without a CA", () => {
    expect(clusterIdOf(undefined, "https://a")).to.equal(clusterIdOf("", "https://a"));
    expect(clusterIdOf(undefined, "https://a")).to.not.equal(clusterIdOf(undefined, "https://b"));
  });

  it("stays what the Node remembers when the CA changes", () => {
    const node = { metadata: { annotations: { [CLUSTER_ID_ANNOTATION]: "first" } } };
    expect(rememberedClusterId(node)).to.equal("first");
    expect(chooseClusterId(node, "second")).to.equal("first");
    expect(chooseClusterId({ metadata: {} }, "second")).to.equal("second");
    expect(chooseClusterId(undefined, "second")).to.equal("second");
  });
});
