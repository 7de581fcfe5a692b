import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readManifests } from "./manifests.js";
import { predicateOf } from "./predicates.js";
import { casesIn, readActions } from "./recording.js";
import { scriptOf, type Step } from "./script.js";

const CASES = join(import.meta.dirname, "..", "..", "..", "..", "gateway", "testdata", "golden");

const scriptIn = (name: string, hasLogs = true): Step[] => scriptOf(readActions(join(CASES, name)), { hasLogs });

describe("scriptOf", () => {
  it("waits between actions as long as was waited then, and reads logs before the deletion", () => {
    expect(scriptIn("never-exit0")).to.deep.equal([
      { kind: "create" },
      { kind: "until", what: "terminal", timeoutMs: 30_000 },
      { kind: "wait", ms: 3_000 },
      { kind: "logs" },
      { kind: "delete", graceSeconds: null },
      { kind: "gone", timeoutMs: 30_000 },
    ]);
  });

  it("gives long waits for something three times what they took", () => {
    const until = scriptIn("always-exit0").find(({ kind }) => kind === "until");
    expect(until).to.have.property("timeoutMs").that.is.within(140_000, 150_000);
  });

  it("deletes with the grace period that was given", () => {
    const deletions = scriptIn("term-shorten-grace", false).filter(({ kind }) => kind === "delete");
    expect(deletions).to.deep.equal([
      { kind: "delete", graceSeconds: null },
      { kind: "delete", graceSeconds: 2 },
    ]);
  });

  it("reads every recorded case, and knows what each waits for", () => {
    for (const name of casesIn(CASES)) {
      const steps = scriptIn(name);
      expect(steps, name).to.not.be.empty;
      for (const step of steps) if (step.kind === "until") expect(predicateOf(step.what), name).to.be.a("function");
    }
  });

  it("refuses an action that it does not know", () => {
    expect(() => scriptOf([{ t: 0, action: "dance" }], { hasLogs: false })).to.throw("unknown action: dance");
  });
});

describe("readManifests", () => {
  it("reads the documents of every case", () => {
    for (const name of casesIn(CASES)) {
      const text = readFileSync(join(CASES, name, "pod.yaml"), "utf8");
      expect(readManifests(text, `g-${name}`, "ob-1").pod.body["kind"], name).to.equal("Pod");
      expect(JSON.stringify(readManifests(text, `g-${name}`, "ob-1")), name).to.not.contain("real-1");
    }
  });

  it("reads octal modes as numbers, and y as text", () => {
    const text = 'kind: Pod\nmetadata: {name: p}\nspec: {defaultMode: 0400, size: 10, "1bad": y, port: 0}\n';
    expect(readManifests(text, "g-x", "n").pod.body["spec"]).to.deep.equal({
      defaultMode: 256,
      size: 10,
      "1bad": "y",
      port: 0,
    });
  });

  it("names a kind that it does not know", () => {
    const text = "kind: Pod\nmetadata: {name: p}\n---\nkind: Thing\nmetadata: {name: t}\n";
    expect(() => readManifests(text, "g-x", "n")).to.throw("kind Thing is not known");
  });
});

describe("predicateOf", () => {
  it("tells whether a status is what is waited for", () => {
    const waits = { containerStatuses: [{ name: "c", restartCount: 2, state: { waiting: { reason: "Why" } } }] };
    expect(predicateOf("restarts2")(waits)).to.equal(true);
    expect(predicateOf("restarts3")(waits)).to.equal(false);
    expect(predicateOf("waiting:Why")(waits)).to.equal(true);
    expect(predicateOf("waiting:Other")(waits)).to.equal(false);
    expect(predicateOf("terminal")({ phase: "Succeeded" })).to.equal(true);
    expect(predicateOf("terminal")({ phase: "Running" })).to.equal(false);
    const conditions = [{ type: "Ready", status: "False" }];
    expect(predicateOf("ready")({ conditions })).to.equal(false);
    expect(predicateOf("cond:Ready=False")({ conditions })).to.equal(true);
    expect(() => predicateOf("sunshine")).to.throw("waits for something unknown: sunshine");
  });
});
