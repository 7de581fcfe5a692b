import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parseExposition } from "../testing/exposition-parser.js";
import { type Family, goNumber, podSecond, writeExposition } from "./exposition.js";

function recorded(name: string): string {
  return readFileSync(new URL(`../../../testdata/http/${name}`, import.meta.url), "utf8");
}

describe("the exposition", () => {
  it("of what a real kubelet wrote is the same text again", () => {
    const text = recorded("metrics-cadvisor.txt");
    const families = parseExposition(text);
    expect(families.length).to.be.greaterThan(5);
    expect(writeExposition(families.toReversed() as readonly Family[])).to.equal(text);
  });

  it("leaves out families without values", () => {
    expect(writeExposition([{ name: "a", help: "b", type: "gauge", samples: [] }])).to.equal("");
  });

  it("escapes what the format needs escaped", () => {
    const labels = { path: 'C:\\dir "x"\nend' };
    const text = writeExposition([
      { name: "a", help: "one\\two\nthree", type: "gauge", samples: [{ labels, value: 1 }] },
    ]);
    expect(text).to.equal('# HELP a one\\\\two\\nthree\n# TYPE a gauge\na{path="C:\\\\dir \\"x\\"\\nend"} 1\n');
    expect(parseExposition(text)[0]).to.deep.include({ help: "one\\two\nthree" });
    expect(parseExposition(text)[0]?.samples[0]?.labels).to.deep.equal(labels);
  });

  it("writes numbers as Go does", () => {
    const numbers = [0, -0, 1126, 503808, 1e6, 1795613282, 12607488, 0.370375082, 0.0001, 0.0000345, 1234567.5, 1e21];
    expect(numbers.map(goNumber)).to.deep.equal(
      "0 -0 1126 503808 1e+06 1.795613282e+09 1.2607488e+07 0.370375082 0.0001 3.45e-05 1.2345675e+06 1e+21".split(" "),
    );
    expect([Number.NaN, Infinity, -Infinity].map(goNumber)).to.deep.equal(["NaN", "+Inf", "-Inf"]);
  });
});

describe("the strict parser of the tests", () => {
  it("takes what a real kubelet wrote, histograms too", () => {
    const families = parseExposition(recorded("metrics-probes.txt"));
    expect(families.map(({ name, type }) => `${type} ${name}`)).to.deep.equal([
      "histogram prober_probe_duration_seconds",
      "counter prober_probe_total",
      "gauge process_start_time_seconds",
    ]);
  });

  const head = "# HELP a b\n# TYPE a gauge\n";
  const broken: Readonly<Record<string, string>> = {
    "no end of the last line": `${head}a 1`,
    "a sample without a family": "a 1\n",
    "a TYPE of another family": "# HELP a b\n# TYPE c gauge\na 1\n",
    "a family twice": `${head}a 1\n${head}a{x="1"} 1\n`,
    "a series twice": `${head}a{x="1",y="2"} 1\na{y="2",x="1"} 1\n`,
    "a label twice": `${head}a{x="1",x="2"} 1\n`,
    "a sample of another family": `${head}b 1\n`,
    "a value that is no number": `${head}a one\n`,
    "a bare quote in a label": `${head}a{x="y"z"} 1\n`,
    "a time with a fraction": `${head}a 1 12.5\n`,
    "an empty line": `${head}a 1\n\n`,
  };
  for (const [what, text] of Object.entries(broken)) {
    it(`refuses ${what}`, () => {
      expect(() => parseExposition(text)).to.throw();
    });
  }

  it("has the pod's name as the second label for readers made for virtual-kubelet", () => {
    const labels = { pod: "p", namespace: "n", container: "c" };
    const samples = [
      { labels, value: 1 },
      { labels: { pod: "p", namespace: "n" }, value: 2 },
      { labels: {}, value: 3 },
    ];
    const text = writeExposition([{ name: "a", help: "b", type: "gauge", samples }], podSecond);
    expect(text.split("\n").slice(2, 5)).to.deep.equal([
      'a{container="c",pod="p",namespace="n"} 1',
      'a{namespace="n",pod="p"} 2',
      "a 3",
    ]);
  });
});
