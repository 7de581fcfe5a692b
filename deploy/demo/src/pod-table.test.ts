import { expect } from "chai";
import type { Pod } from "./pod.js";
import { createPodTable } from "./pod-table.js";
import { createScreen } from "./screen.js";
import { parseStatusLine } from "./status-lines.js";

const pod = (phase: string): Pod => ({ metadata: { name: "hello" }, status: { phase } });

describe("createPodTable", () => {
  it("prints a header once and a line only when a column changed", () => {
    const lines: string[] = [];
    const table = createPodTable((line) => void lines.push(line));
    table.show(pod("Pending"), 0.1);
    table.show(pod("Pending"), 0.2);
    table.show(pod("Running"), 1.25);
    table.gone("hello", 3);
    expect(lines.map((line) => line.split(/ {2,}/).slice(0, 4))).to.deep.equal([
      ["TIME", "NAME", "READY", "STATUS"],
      ["0.1s", "hello", "0/0", "Pending"],
      ["1.3s", "hello", "0/0", "Running"],
      ["3.0s", "hello", "-", "Gone"],
    ]);
  });
});

describe("createScreen", () => {
  it("stays within 100 columns and prints no colour where there is no terminal", () => {
    const lines: string[] = [];
    const screen = createScreen((line) => void lines.push(line), false);
    screen.step("one");
    screen.line("x".repeat(300));
    screen.answer("y".repeat(300), "z".repeat(300));
    screen.failure("no");
    expect(Math.max(...lines.map((line) => line.length))).to.be.at.most(100);
    expect(lines.join("")).not.to.contain("\u001B");
    expect(lines).to.contain("[1] one");
  });
});

describe("parseStatusLine", () => {
  it("takes pods and their end, and passes over log lines and half lines", () => {
    const status = { phase: "Running" };
    const line = JSON.stringify({ uid: "u", namespace: "default", name: "hello", status });
    expect(parseStatusLine(line)).to.deep.equal([{ kind: "pod", uid: "u", name: "hello", status }]);
    expect(parseStatusLine('{"uid":"u","gone":true}')).to.deep.equal([{ kind: "gone", uid: "u" }]);
    expect(parseStatusLine('{"level":40,"pod":"default/hello","msg":"x"}')).to.deep.equal([]);
    expect(parseStatusLine('{"uid":"u","na')).to.deep.equal([]);
    expect(parseStatusLine("")).to.deep.equal([]);
  });
});
