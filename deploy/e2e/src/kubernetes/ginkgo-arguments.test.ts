import { expect } from "chai";
import { focusOn } from "./ginkgo-arguments.js";

describe("the focus on a list of tests", () => {
  const focus = new RegExp(focusOn(["[sig-node] Pods should run (a+b) [Conformance]", "[sig-apps] Job ends"]));

  it("matches each name after the suite's own", () => {
    expect("Kubernetes e2e suite [sig-node] Pods should run (a+b) [Conformance]").to.match(focus);
    expect("Kubernetes e2e suite [sig-apps] Job ends").to.match(focus);
  });

  it("matches nothing that only begins or ends like a name", () => {
    expect("Kubernetes e2e suite [sig-apps] Job ends late").not.to.match(focus);
    expect("Kubernetes e2e suite other[sig-apps] Job ends").not.to.match(focus);
    expect("Kubernetes e2e suite sig-node Pods should run aab Conformance").not.to.match(focus);
  });
});
