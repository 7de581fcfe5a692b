import { expect } from "chai";
import { fullName, nameProblem } from "./image-name.js";

describe("image names", () => {
  it("takes what names an image, with the tag latest where none is", () => {
    const cases = [
      ["busybox", "busybox:latest"],
      ["a/b_c/d-e:1.0", "a/b_c/d-e:1.0"],
      ["localhost:5000/x", "localhost:5000/x:latest"],
      [`x@sha256:${"a".repeat(64)}`, `x@sha256:${"a".repeat(64)}`],
    ] as const;
    for (const [name, full] of cases) {
      expect(nameProblem(name), name).to.equal(undefined);
      expect(fullName(name)).to.equal(full);
    }
  });

  it("words what is wrong as the kubelet does", () => {
    const cases = [
      ["UPPER/Case:1", "invalid reference format: repository name (Case) must be lowercase"],
      ["Case", "invalid reference format: repository name (Case) must be lowercase"],
      ["a//b", "invalid reference format"],
      ["a:b:c", "invalid reference format"],
      ["", "invalid reference format"],
    ] as const;
    for (const [name, text] of cases) expect(nameProblem(name), name).to.equal(text);
  });
});
