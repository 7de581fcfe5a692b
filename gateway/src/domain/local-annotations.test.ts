import { expect } from "chai";
import { goldenPod } from "./golden.test.js";
import { fieldText, fieldValue } from "./downward-api.js";
import { withLocalAnnotations } from "./local-annotations.js";
import { podWith } from "./pod.test.js";
import { textValue } from "./values.js";

describe("withLocalAnnotations", () => {
  it("makes the file of annotations what a real kubelet wrote", () => {
    const pod = withLocalAnnotations(goldenPod("vol-all"), "2026-11-25T13:32:55Z", "api");
    expect(fieldText(pod, "metadata.annotations").split("\n")).to.deep.equal([
      'b="2"',
      'kubernetes.io/config.seen="2026-11-25T13:32:55.000000000Z"',
      'kubernetes.io/config.source="api"',
      String.raw`note="hello \nworld"`,
    ]);
  });

  it("beats what the pod itself says there, and shows in variables", () => {
    const annotations = { "kubernetes.io/config.source": "http", own: "kept" };
    const plain = podWith({ containers: [] });
    const pod = { ...plain, metadata: { ...plain.metadata, annotations } };
    const local = withLocalAnnotations(pod, "2026-01-01T00:00:00Z", "file");
    expect(fieldValue(local, "metadata.annotations['kubernetes.io/config.source']")).to.deep.equal(textValue("file"));
    expect(fieldValue(local, "metadata.annotations['own']")).to.deep.equal(textValue("kept"));
    expect(pod.metadata.annotations).to.equal(annotations);
  });
});
