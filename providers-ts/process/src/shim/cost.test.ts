/** What a shim costs. Figures are printed; only a gross regression is red, since machines differ. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { processTree } from "./processes.js";
import { World } from "../testing/world.js";

describe("cost of a shim", function () {
  this.timeout(30_000);

  it("stays near that of an empty Node program", async () => {
    await using world = await World.open();
    const sandbox = world.sandbox();
    const from = performance.now();
    await world.runtime.createSandbox(sandbox);
    const startMs = Math.round(performance.now() - from);
    const record = JSON.parse(readFileSync(join(world.folder, "state/pods", sandbox.uid, "pod.json"), "utf8")) as {
      readonly shim: { readonly pid: number };
    };
    const tree = processTree(record.shim.pid).map(({ pid }) =>
      readFileSync(`/proc/${String(pid)}/smaps_rollup`, "latin1"),
    );
    const sum = (field: RegExp): number =>
      Math.round(
        tree.reduce(
          (total, text) => total + [...text.matchAll(field)].reduce((all, [, kb]) => all + Number(kb), 0),
          0,
        ) / 1024,
      );
    const [rss, owned] = [sum(/^Rss:\s+(\d+)/gm), sum(/^Private_(?:Clean|Dirty):\s+(\d+)/gm)];
    process.stdout.write(
      `      sandbox in ${String(startMs)} ms; shim with helpers: RSS ${String(rss)} MB, private ${String(owned)} MB\n`,
    );
    expect(owned).to.be.greaterThan(0).and.lessThan(40);
    await world.runtime.removePod(sandbox.uid);
  });
});
