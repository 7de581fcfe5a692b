import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { moduleFolder, rewriteGoMod } from "./go-module.js";
import { PINNED_VERSIONS, readVersions, stagingVersion } from "./versions.js";

describe("readVersions", () => {
  it("answers the pinned versions when nothing is said", () => {
    expect(readVersions({})).to.deep.equal(PINNED_VERSIONS);
  });

  it("takes another Kubernetes from KUBE_VERSION", () => {
    expect(readVersions({ KUBE_VERSION: "v1.36.1" }).kubernetes).to.equal("v1.36.1");
  });

  it("names the variable and a good example when KUBE_VERSION is malformed", () => {
    for (const wrong of ["1.36.1", "v1.36", "latest", "v1.36.1;rm"]) {
      expect(() => readVersions({ KUBE_VERSION: wrong }), wrong).to.throw(/KUBE_VERSION is ".*"; write .* v1\.37\.2/);
    }
  });
});

describe("the pinned Go modules", () => {
  it("require the versions that versions.ts names", async () => {
    const read = async (name: "kubernetes" | "etcd"): Promise<string> =>
      readFile(join(moduleFolder(name), "go.mod"), "utf8");
    expect(await read("kubernetes")).to.contain(`require k8s.io/kubernetes ${PINNED_VERSIONS.kubernetes}`);
    expect(await read("kubernetes")).to.contain(
      `k8s.io/api => k8s.io/api ${stagingVersion(PINNED_VERSIONS.kubernetes)}`,
    );
    expect(await read("etcd")).to.contain(`go.etcd.io/etcd/server/v3 ${PINNED_VERSIONS.etcd}`);
  });
});

describe("rewriteGoMod", () => {
  const upstream = [
    "module k8s.io/kubernetes",
    "go 1.25.3",
    "require (",
    "\tk8s.io/api v0.0.0",
    "\tk8s.io/klog/v2 v2.130.1",
    "\tk8s.io/kube-openapi v0.0.0-20260721132016-d427ff9ee9ad",
    ")",
    "replace (",
    "\tk8s.io/api => ./staging/src/k8s.io/api",
    "\tk8s.io/sample-controller => ./staging/src/k8s.io/sample-controller",
    ")",
  ].join("\n");

  it("replaces each staging module by the published one of the same release", () => {
    const goMod = rewriteGoMod(upstream, "v1.36.1");
    expect(goMod).to.contain("require k8s.io/kubernetes v1.36.1");
    expect(goMod).to.contain("go 1.25.3");
    const replaced = [...goMod.matchAll(/^\t(\S+) => (.+)$/gm)].map((match) => [match[1], match[2]]);
    expect(replaced).to.deep.equal([
      ["k8s.io/api", "k8s.io/api v0.36.1"],
      ["k8s.io/sample-controller", "k8s.io/sample-controller v0.36.1"],
    ]);
  });
});
