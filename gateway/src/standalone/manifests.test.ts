import { expect } from "chai";
import { parseManifests, type Manifests } from "./manifests.js";

function parse(files: Readonly<Record<string, string>>): Manifests {
  return parseManifests(new Map(Object.entries(files).map(([name, text]) => [name, { text }])));
}

const POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers: [{name: c, image: i}]\n";

describe("manifests", () => {
  it("are read from several documents of a file, JSON too, and defaulted", () => {
    const json = JSON.stringify({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "j", namespace: "ns" },
      spec: { containers: [{ name: "c", image: "i:1" }] },
    });
    const found = parse({
      "a.yaml": `${POD}---\n# nothing here\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {k: v}\n`,
      "b.json": json,
    });
    expect(found.problems).to.deep.equal([]);
    expect(found.pods.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).to.deep.equal([
      "default/web",
      "ns/j",
    ]);
    expect(found.pods[0]?.spec).to.include({ restartPolicy: "Always", terminationGracePeriodSeconds: 30 });
    expect(found.configMaps[0]?.metadata).to.deep.equal({ name: "cm", namespace: "default" });
  });

  it("mean numbers with a leading zero as kubectl does: octal", () => {
    const volume = "  volumes: [{name: v, secret: {secretName: s, defaultMode: 0400}}]\n";
    const [pod] = parse({ "a.yaml": `${POD}${volume}` }).pods;
    expect(pod?.spec.volumes?.[0]?.secret?.defaultMode).to.equal(0o400);
  });

  it("of an empty file are none", () => {
    expect(parse({ "a.yaml": "", "b.yaml": "# only words\n", "c.yaml": "---\n---\n" })).to.deep.include({
      pods: [],
      problems: [],
    });
  });

  it("hold stringData in base64, over data", () => {
    const [secret] = parse({
      "s.yaml":
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: b2xk, b: Yg==}\nstringData: {a: new, c: 'ü'}\n",
    }).secrets;
    expect(secret).to.not.have.property("stringData");
    expect(secret?.data).to.deep.equal({ a: "bmV3", b: "Yg==", c: "w7w=" });
  });

  it("that are bad harm no other in the file or the folder", () => {
    const found = parse({
      "a.yaml": `kind: Pod\napiVersion: v1\n---\n${POD}`,
      "b.yaml": "a: [",
      "c.yaml": POD.replace("web", "other"),
    });
    expect(found.pods.map(({ metadata }) => metadata.name)).to.deep.equal(["web", "other"]);
    expect(found.problems).to.have.length(2);
  });

  it("that cannot be read are named", () => {
    const texts = new Map([["a.yaml", { problem: "cannot be read (EACCES)" }]]);
    expect(parseManifests(texts).problems).to.deep.equal(["a.yaml: cannot be read (EACCES)"]);
  });
});

describe("a problem of a manifest", () => {
  const cases: readonly (readonly [what: string, text: string, problem: string | RegExp])[] = [
    ["YAML that cannot be read", "a: b\nc: [1,\n", /^f:\d+: .*(Flow|flow)/],
    ["a tab as indentation", "a:\n\tb: 1\n", /^f:2: /],
    ["one key twice", "a: 1\nb: 2\na: 3\n", "f:3: Map keys must be unique at line 3, column 1"],
    ["an alias that names nothing", "a: *x\n", /^f:1: /],
    ["a list", "- 1\n", "f:1: must be an object with apiVersion and kind"],
    ["plain text", "\n\nhello\n", "f:3: must be an object with apiVersion and kind"],
    [
      "another kind",
      "# x\napiVersion: apps/v1\nkind: Deployment\n",
      'f:3: kind: "Deployment" of "apps/v1" is not taken: only Pod, ConfigMap and Secret of v1 are',
    ],
    [
      "a missing kind",
      "apiVersion: v1\n",
      'f:1: kind: undefined of "v1" is not taken: only Pod, ConfigMap and Secret of v1 are',
    ],
    ["a pod without metadata", "apiVersion: v1\nkind: Pod\nspec: {}\n", "f:1: metadata: is required"],
    [
      "a pod without a name",
      "apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {}\nspec:\n  containers: [{name: c, image: i}]\n",
      "f:4: metadata.name: is required",
    ],
    [
      "a pod without containers",
      "apiVersion: v1\nkind: Pod\nmetadata: {name: w}\nspec:\n  containers: []\n",
      "f:5: spec.containers: at least one container is required",
    ],
    [
      "a container without an image",
      "apiVersion: v1\nkind: Pod\nmetadata: {name: w}\nspec:\n  containers:\n  - name: c\n    image: i\n  - name: d\n",
      "f:8: spec.containers[1].image: is required, without blanks around it",
    ],
    [
      "a bad value",
      `${POD}  restartPolicy: Sometimes\n`,
      "f:6: spec.restartPolicy: must be one of Always, OnFailure, Never",
    ],
    [
      "a number as a label",
      POD.replace("{name: web}", "\n  name: web\n  labels:\n    a: 1"),
      "f:6: metadata.labels.a: must be a string; put it in quotes",
    ],
    [
      "a ConfigMap without a name",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\ndata: {a: b}\n",
      "f:3: metadata.name: is required",
    ],
    [
      "a ConfigMap with a number",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: b\n  port: 80\n",
      "f:6: data.port: must be a string; put it in quotes",
    ],
    [
      "a Secret whose data is plain text",
      "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  password: hunter2!\n",
      "f:5: data.password: is not base64; plain text belongs in stringData",
    ],
    ["a pod that is there twice", `${POD}---\n${POD}`, "f:9: metadata.name: Pod default/web is in the folder already"],
    [
      "a Secret that is there twice",
      "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: default}\n",
      "f:7: metadata.name: Secret default/s is in the folder already",
    ],
  ];

  for (const [what, text, problem] of cases) {
    it(`names file and line of ${what}`, () => {
      const { problems } = parse({ f: text });
      expect(problems, problems.join("\n")).to.have.length(1);
      if (typeof problem === "string") expect(problems[0]).to.equal(problem);
      else expect(problems[0]).to.match(problem);
    });
  }

  it("names every bad field of one pod", () => {
    const { problems } = parse({ f: "apiVersion: v1\nkind: Pod\nmetadata: {name: UP}\nspec:\n  containers: [{}]\n" });
    expect(problems.map((problem) => problem.split(":")[2]?.trim())).to.deep.equal([
      "metadata.name",
      "spec.containers[0].name",
      "spec.containers[0].image",
    ]);
  });

  it("never holds a value of a Secret", () => {
    const text =
      "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  a: canary-1!\n  'b b': canary-2\nstringData: {c: [canary-3]}\n";
    expect(parse({ f: text }).problems.join("\n")).to.not.contain("canary");
  });
});
