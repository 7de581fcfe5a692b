import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { CLAUSES, clauseOf } from "./registry.js";

const PROTO = fileURLToPath(new URL("../../../proto/outboard", import.meta.url));
const HELP = "put [ID] into the comment of what it rules in proto/outboard, then npm run generate";

/** Clause ids in the proto files: [ID] in comments, and the checks of features. */
function anchors(): readonly string[] {
  const texts = globSync("**/*.proto", { cwd: PROTO }).map((file) => readFileSync(path.join(PROTO, file), "utf8"));
  return texts.flatMap((text) => [
    ...[...text.matchAll(/^\s*\/\/.*$/gm)].flatMap(([line]) =>
      [...line.matchAll(/\[([A-Z]+-\d{2,})\]/g)].map(([, id]) => id ?? ""),
    ),
    ...[...text.matchAll(/^\s*check: "([^"]+)"/gm)].map(([, id]) => id ?? ""),
  ]);
}

describe("anchors of the clauses in the proto files", () => {
  it("name clauses that exist", () => {
    expect(anchors().filter((id) => clauseOf(id) === undefined)).to.deep.equal([]);
  });

  it("have every clause exactly once", () => {
    const found = anchors();
    expect(
      CLAUSES.filter(({ id }) => !found.includes(id)).map(({ id }) => id),
      HELP,
    ).to.deep.equal([]);
    expect(
      found.filter((id, at) => found.indexOf(id) !== at),
      "named twice",
    ).to.deep.equal([]);
  });
});
