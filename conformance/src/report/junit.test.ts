import { expect } from "chai";
import { toJunit } from "./junit.js";
import { REPORT, result } from "./sample.js";

/** An element with its attributes' names and its children. */
interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
}

/** Reads the XML that the suite writes; throws where it is not well-formed. */
function parse(text: string): Element {
  const root: Element = { name: "", attributes: {}, children: [] };
  const stack = [root];
  const body = text.replace(/^<\?xml[^?]*\?>/, "");
  for (const [, close, name = "", attributes = "", own, between = ""] of body.matchAll(
    /<(\/?)([a-z-]+)((?:\s+[a-z]+="[^"<]*")*)\s*(\/?)>([^<]*)/g,
  )) {
    if (/&(?!(?:amp|lt|gt|quot);)/.test(attributes + between)) throw new Error(`a bare & in ${attributes}${between}`);
    const top = stack.at(-1);
    if (close === "/") {
      if (top?.name !== name) throw new Error(`</${name}> closes ${top?.name}`);
      stack.pop();
      continue;
    }
    const pairs = [...attributes.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]);
    const element: Element = { name, attributes: Object.fromEntries(pairs) as Record<string, string>, children: [] };
    top?.children.push(element);
    if (own !== "/") stack.push(element);
  }
  if (stack.length !== 1 || root.children.length !== 1) throw new Error("not one closed root");
  const left = body.replace(/<\/?[a-z-]+(?:\s+[a-z]+="[^"<]*")*\s*\/?>/g, "");
  if (left.includes("<")) throw new Error("a bare < is left");
  return root.children[0] ?? root;
}

/** The shape that the common schemas of JUnit XML share: children in any number, attributes. */
const SHAPE: Readonly<
  Record<string, { readonly children: readonly string[]; readonly attributes: readonly string[] }>
> = {
  testsuites: { children: ["testsuite"], attributes: ["name", "time", "tests", "failures", "errors", "disabled"] },
  testsuite: {
    children: ["properties", "testcase", "system-out", "system-err"],
    attributes: ["name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname", "id", "package"],
  },
  properties: { children: ["property"], attributes: [] },
  property: { children: [], attributes: ["name", "value"] },
  testcase: {
    children: ["properties", "skipped", "failure", "error", "system-out", "system-err"],
    attributes: ["name", "classname", "time", "assertions", "status"],
  },
  skipped: { children: [], attributes: ["message", "type"] },
  failure: { children: [], attributes: ["message", "type"] },
  error: { children: [], attributes: ["message", "type"] },
  "system-out": { children: [], attributes: [] },
};

function check({ name, attributes, children }: Element): void {
  const shape = SHAPE[name];
  expect(shape, name).to.not.equal(undefined);
  expect(shape?.attributes, name).to.include.members(Object.keys(attributes));
  expect(shape?.children, name).to.include.members(children.map((child) => child.name));
  for (const child of children) check(child);
}

describe("JUnit XML", () => {
  const evil = { ...result("x", "fail", "late"), message: `<&"'\u0007]]>`, trace: ["-> GetPod </system-out><b>"] };
  const report = { ...REPORT, results: [...REPORT.results, evil] };

  it("has the shape of the common schemas, whatever a provider says", () => {
    const root = parse(toJunit(report));
    check(root);
    const suite = root.children[0];
    expect(suite?.children.filter(({ name }) => name === "testcase")).to.have.length(5);
    for (const count of ["tests", "failures", "errors", "skipped", "time", "name"])
      expect(suite?.attributes, count).to.have.property(count);
  });

  it("has the counts of the report", () => {
    const suite = parse(toJunit(report)).children[0];
    const cases = suite?.children.filter(({ name }) => name === "testcase") ?? [];
    const count = (tag: string) => cases.filter(({ children }) => children.some(({ name }) => name === tag)).length;
    expect({ failures: count("failure"), errors: count("error"), skipped: count("skipped") }).to.deep.equal({
      failures: Number(suite?.attributes["failures"]),
      errors: Number(suite?.attributes["errors"]),
      skipped: Number(suite?.attributes["skipped"]),
    });
    expect(suite?.attributes["tests"]).to.equal(String(cases.length));
  });

  it("names clause and level of each case, and the seed of the run", () => {
    const xml = toJunit(report);
    expect(xml).to.contain('<property name="clause" value="GET-01"/>').and.contain('<property name="seed" value="1"/>');
    expect(xml).to.contain('type="late"');
  });
});
