import { expect } from "chai";
import { FeatureLevel, Feature } from "@outboard/contract";
import { imageSupport } from "../features.js";
import { resolveImage } from "./image-policy.js";

const MAPPED = {
  mappings: [
    { match: "busybox*", rootfs: "/srv/busybox" },
    { match: "reg.example/app:1", rootfs: "/srv/app" },
  ],
  mapAll: false,
};
const NONE = { mappings: [], mapAll: false };

describe("resolveImage", () => {
  it("takes the host's names with and without tag", () => {
    for (const name of ["host", "host:latest", "outboard.dev/host", "docker.io/library/host"]) {
      expect(resolveImage(name, NONE)?.rootfs, name).to.equal("/");
    }
  });

  it("refuses every other name without a mapping, look-alikes too", () => {
    for (const name of ["busybox", "host.example/busybox", "ghost", "outboard.dev/hosts", "evil/outboard.dev/host"]) {
      expect(resolveImage(name, NONE), name).to.equal(undefined);
    }
  });

  it("follows the operator's mapping, short and long names alike", () => {
    expect(resolveImage("docker.io/library/busybox:1.37", MAPPED)?.rootfs).to.equal("/srv/busybox");
    expect(resolveImage("reg.example/app:1", MAPPED)?.rootfs).to.equal("/srv/app");
    expect(resolveImage("regXexample/app:1", MAPPED)).to.equal(undefined);
  });

  it("has one stable id per folder", () => {
    const [one, two] = [resolveImage("busybox:1", MAPPED), resolveImage("busybox:2", MAPPED)];
    expect(one?.imageId)
      .to.equal(two?.imageId)
      .and.match(/^host:\/\/sha256:/);
  });
});

describe("what is declared about images", () => {
  it("is limited to the names that run, where they can be spelled out", () => {
    const [support] = imageSupport(NONE);
    expect(support?.feature).to.equal(Feature.IMAGE_REGISTRY);
    expect(support?.level).to.equal(FeatureLevel.LIMITED);
    expect(support?.bounds[0]?.allowed).to.deep.equal(["host", "outboard.dev/host"]);
  });

  it("says with the policy that maps all that no image is pulled", () => {
    const [support] = imageSupport({ mappings: [], mapAll: true });
    expect(support?.level).to.equal(FeatureLevel.LIMITED);
    expect(support?.text).to.contain("no image is pulled");
    expect(support?.bounds).to.deep.equal([]);
  });
});
