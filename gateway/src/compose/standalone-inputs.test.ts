import { expect } from "chai";
import { startControlWorld } from "../control/testing/world.js";
import { FolderRig } from "../standalone/testing/folder-rig.js";

function configMap(value: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {k: "${value}"}\n`;
}

describe("a config map of a folder", () => {
  it("reaches a running pod when its file is written again", async () => {
    using rig = new FolderRig({ "m.yaml": configMap("1") });
    await using run = rig.start();
    await run.look();
    await using world = startControlWorld({ inputs: run.inputs });
    world.openSession();
    const volumes = [{ name: "v", configMap: { name: "m" } }];
    const { uid } = world.api.create("p", { volumes }, { namespace: "default" }).metadata;
    await world.clock.settle();
    world.provider.run(uid);
    await world.settle();
    rig.write("m.yaml", configMap("2"));
    await run.look();
    await world.settle();
    const [update, ...more] = world.provider.named("updateInputs");
    const files = update?.inputs?.volumes[0]?.files ?? [];
    expect(files.map(({ content }) => Buffer.from(content).toString())).to.deep.equal(["2"]);
    expect(more).to.deep.equal([]);
  });
});
