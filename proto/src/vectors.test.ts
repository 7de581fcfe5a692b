import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { FEATURES, featureOf } from "./registry/index.js";

interface Case {
  readonly name: string;
  readonly expect: { readonly features?: readonly string[] };
}

const folder = new URL("../vectors/", import.meta.url);

/** The named lists of a file. */
function listsOf(file: string): readonly (readonly [string, readonly Case[]])[] {
  const content = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Record<string, string | readonly Case[]>;
  return Object.entries(content).flatMap(([name, list]) => (typeof list === "string" ? [] : [[name, list] as const]));
}

describe("the test vectors", () => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));

  it("are there", () => {
    expect(files).to.have.members(["defaulting.json", "env.json", "features.json", "phase.json", "restart-rules.json"]);
  });

  it("have a name of their own in each list", () => {
    for (const file of files) {
      for (const [list, cases] of listsOf(file)) {
        const names = cases.map((each) => each.name);
        expect(new Set(names).size, `${file} ${list}`).to.equal(names.length);
      }
    }
  });

  it("use every feature of the registry that a defaulted pod can use, and no other", () => {
    const used = new Set(
      listsOf("features.json").flatMap(([, cases]) => cases.flatMap((each) => each.expect.features ?? [])),
    );
    for (const id of used) expect(featureOf(id), id).to.not.equal(undefined);
    const missing = FEATURES.filter((row) => !row.base && !used.has(row.id)).map((row) => row.id);
    expect(missing).to.have.members(["lifecycle.stop_signal", "resources.claims"]);
  });
});
