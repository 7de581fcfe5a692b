import { expect } from "chai";
import type { Pod } from "../domain/kubernetes.js";
import type { FolderInputs } from "./inputs.js";
import { FolderRig } from "./testing/folder-rig.js";

const POD: Pod = {
  metadata: { name: "p", namespace: "default", uid: "u", resourceVersion: "1", creationTimestamp: "" },
  spec: { containers: [] },
};

function configMap(name: string, value: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {k: "${value}"}\n`;
}

function secret(name: string, value: string): string {
  return `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}}\nstringData: {k: "${value}"}\n`;
}

/** Follows config map "m" and secret "s"; returns how often it was told. */
function follow(inputs: FolderInputs): () => number {
  let count = 0;
  inputs.follow?.(POD, { configMaps: ["m"], secrets: ["s"] }, () => count++);
  return () => count;
}

describe("config maps and secrets of a folder", () => {
  it("are followed: one that changes, appears or goes is told, once for each look", async () => {
    using rig = new FolderRig({ "m.yaml": configMap("m", "1") });
    await using run = rig.start();
    await run.look();
    const told = follow(run.inputs);
    rig.write("m.yaml", configMap("m", "2"));
    rig.write("s.yaml", secret("s", "1"));
    await run.look();
    expect(told()).to.equal(1);
    rig.write("s.yaml", secret("s", "2"));
    await run.look();
    expect(told()).to.equal(2);
    rig.remove("m.yaml");
    await run.look();
    expect(told()).to.equal(3);
  });

  it("are not told while what is followed stays the same", async () => {
    using rig = new FolderRig({ "m.yaml": configMap("m", "1") });
    await using run = rig.start();
    await run.look();
    const told = follow(run.inputs);
    rig.write("m.yaml", `# the same\n${configMap("m", "1")}`);
    rig.write("other.yaml", configMap("other", "1"));
    rig.write("s.yaml", secret("s", "1").replace("name: s", "name: s, namespace: elsewhere"));
    await run.look();
    expect(told()).to.equal(0);
  });

  it("stay while a file is bad, and nobody is told", async () => {
    using rig = new FolderRig({ "m.yaml": configMap("m", "1") });
    await using run = rig.start();
    await run.look();
    const told = follow(run.inputs);
    rig.write("m.yaml", "kind: [");
    await run.look();
    expect(told()).to.equal(0);
    expect(await run.inputs.configMap("default", "m", AbortSignal.abort())).to.deep.include({ data: { k: "1" } });
  });

  it("are told to nobody who left", async () => {
    using rig = new FolderRig();
    await using run = rig.start();
    await run.look();
    const told = follow(run.inputs);
    run.inputs.unfollow?.("u");
    rig.write("m.yaml", configMap("m", "1"));
    await run.look();
    expect(told()).to.equal(0);
  });
});
