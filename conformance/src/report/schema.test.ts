import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "chai";
import { REPORT_SCHEMA } from "./report.js";
import { REPORT } from "./sample.js";
import { FORMATS, render } from "./write.js";

const schema = JSON.parse(readFileSync(new URL("../../schemas/report.schema.json", import.meta.url), "utf8")) as Record<
  string,
  unknown
>;
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);

/** What the schema says against a value. */
function problems(value: unknown): readonly string[] {
  validate(JSON.parse(JSON.stringify(value)));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ""}`);
}

describe("the schema of reports", () => {
  it("takes what the suite writes", () => {
    expect(problems(REPORT)).to.deep.equal([]);
    expect(schema).to.have.nested.property("properties.schema.const", REPORT_SCHEMA);
  });

  it("refuses unknown fields, missing ones and other outcomes", () => {
    expect(problems({ ...REPORT, more: 1 })).to.deep.equal([" must NOT have additional properties"]);
    expect(problems({ ...REPORT, verdict: undefined })).to.deep.equal([" must have required property 'verdict'"]);
    const [first] = REPORT.results;
    expect(problems({ ...REPORT, results: [{ ...first, outcome: "good" }] })).to.deep.equal([
      "/results/0/outcome must be equal to one of the allowed values",
    ]);
  });
});

describe("formats", () => {
  it("NDJSON begins, tells every result, and ends with the verdict", () => {
    const lines = render(REPORT, "ndjson")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    expect(lines.map(({ kind }) => kind)).to.deep.equal(["begin", "result", "result", "result", "result", "end"]);
    expect(lines[0]).to.include({ schema: REPORT_SCHEMA, expected: 1, requirements: "draft" });
    expect(lines.at(-1)).to.include({ verdict: "non-conformant", exitCode: 1 });
  });

  it("the badge is what badge services take", () => {
    expect(JSON.parse(render(REPORT, "badge"))).to.deep.equal({
      schemaVersion: 1,
      label: "outboard",
      message: "non-conformant (1 passed)",
      color: "red",
    });
  });

  it("Markdown has the verdict, the failures with their clause, and stays below the limit of step summaries", () => {
    const text = render(REPORT, "markdown");
    expect(text).to.match(/^# Conformance of .*: non-conformant\n/);
    expect(text).to.contain("- **b** fail (late)").and.contain("GET-01: GetPod of an unknown UID");
    const [one] = REPORT.results;
    const many = Array.from({ length: 9_000 }, (_, at) => ({
      ...one,
      id: `x${at}`,
      outcome: "fail",
      message: "y".repeat(200),
    }));
    const long = render({ ...REPORT, results: many as unknown as typeof REPORT.results }, "markdown");
    expect(Buffer.byteLength(long)).to.be.lessThan(1_048_576);
  });

  it("say so when the requirement set does not count a result", () => {
    const results = REPORT.results.map((each) => ({ ...each, isProvisional: true }));
    for (const format of FORMATS.filter((each) => each !== "badge"))
      expect(render({ ...REPORT, results }, format), format).to.match(/provisional/i);
  });
});
