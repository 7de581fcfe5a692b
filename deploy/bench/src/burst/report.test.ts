import { expect } from "chai";
import { toPage } from "./page.js";
import { toTables, toText } from "./report.js";
import { figuresOf, turnOf } from "./testing/turns.js";

const peers = figuresOf([turnOf("outboard", { perSecond: 150 }), turnOf("lifted"), turnOf("floor"), turnOf("stock")]);
const restart = {
  pods: 200,
  readySeconds: 1,
  newPodSeconds: 2,
  lastRequestSeconds: 0,
  settledSeconds: 2,
  cpuMs: 900,
  recreated: 0,
  rewritten: 0,
  requests: { "list pods": 1 },
};
const port = [
  { path: "/pods", bytes: 2048, ms: 30, cpuMs: 10, loopDelay: { p50Ms: 0, p99Ms: 5, maxMs: 6 } },
  { path: "/stats/summary", bytes: 4096, ms: 40, cpuMs: 20, loopDelay: { p50Ms: 0, p99Ms: 7, maxMs: 8 } },
];
const large = { ...turnOf("outboard", { pods: 200, cpuMs: 500, peakMiB: 90 }), port };
const scale = figuresOf([turnOf("outboard"), large], {
  mode: "scale",
  restart,
});

describe("the tables of a burst", () => {
  it("have the ratios first, met or missed", () => {
    const [first] = toTables(peers);
    expect(first?.title).to.equal("ratios");
    const cells = first?.rows.find(([what]) => what === "pods/s, to lifted");
    expect(cells).to.deep.equal(["pods/s, to lifted", "1.50 ×", "≥ 1", "met", "150 / 100"]);
    expect(first?.rows.find(([what]) => what === "pods/s, to stock")?.[3]).to.equal("MISSED");
  });

  it("have as many cells in each row as in the head", () => {
    for (const { title, head, rows } of [...toTables(peers), ...toTables(scale)])
      for (const row of rows) expect(row, title).to.have.length(head.length);
  });

  it("show what each pod more costs", () => {
    const growth = toTables(scale).find(({ title }) => title.startsWith("growth"));
    expect(growth?.rows).to.deep.equal([["100 → 200", "3.00", "3.00", "102.4", "102.4", "20.0"]]);
  });

  it("show what the kubelet port cost at each size", () => {
    const table = toTables(scale).find(({ title }) => title.startsWith("the kubelet port"));
    expect(table?.rows).to.deep.equal([
      ["200", "/pods", "2", "30", "10", "5", "6"],
      ["200", "/stats/summary", "4", "40", "20", "7", "8"],
    ]);
  });

  it("miss the restart's aim when a pod was created anew or written, however fast it was", () => {
    const verdictOf = (change: Partial<typeof restart>): string | undefined =>
      toTables(figuresOf([], { mode: "scale", restart: { ...restart, ...change } }))[0]?.rows[0]?.[3];
    expect(verdictOf({})).to.equal("met");
    expect(verdictOf({ recreated: 1 })).to.equal("MISSED");
    expect(verdictOf({ rewritten: 1 })).to.equal("MISSED");
    expect(verdictOf({ settledSeconds: 16 })).to.equal("MISSED");
  });

  it("do not speak of peers that took no part", () => {
    expect(toText(scale).join("\n")).to.not.include("virtual-kubelet");
  });

  it("say on what machine, and are text of aligned columns", () => {
    const lines = toText(peers);
    expect(lines.join("\n")).to.include("2 CPUs (a <fast> one), load before 0.1, after 2.0");
    const [head, ...rows] = lines.slice(lines.findIndex((line) => line.startsWith("times")) + 1);
    const column = (head ?? "").indexOf("pods/s") + "pods/s".length;
    for (const row of rows.slice(0, 4)) expect(row.slice(0, column)).to.match(/\d$/);
  });
});

describe("the page of a burst", () => {
  it("has a plot of each kind for contenders in turn", () => {
    const page = toPage(peers);
    expect(page.match(/<figcaption>[^<]*/g)?.map((text) => text.slice(12))).to.deep.equal([
      "Pods Running",
      "Pods gone, default grace",
      "Created to Running, p50",
      "Created to Running, p99",
      "CPU per pod",
      "API requests per pod, without events",
      "Peak memory",
      "Event loop late while creating, p99",
    ]);
    expect(page.match(/<path /g)).to.have.length(8);
  });

  it("takes nothing from elsewhere, and text as text", () => {
    const page = toPage(peers);
    expect(page).to.not.match(/(src|href)=|url\(|@import|https?:/);
    expect(page).to.include("a &lt;fast&gt; one").and.not.include("<fast>");
    expect(page).to.not.match(/NaN|undefined|Infinity/);
  });

  it("gives every size its own colour where one contender is alone", () => {
    const page = toPage(scale);
    expect(page).to.include('class="line c0"').and.include('class="line c1"');
  });
});
