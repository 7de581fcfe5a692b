import { expect } from "chai";
import { barChart, legendOf, lineChart } from "./charts.js";

describe("a chart of lines", () => {
  it("goes up in steps from the bottom to the top, the later pods further right", () => {
    const points = [
      [1, 0.5],
      [10, 1],
    ] as const;
    const chart = lineChart([{ label: "ours", colour: 3, points }]);
    const path = /class="line c3" d="([^"]*)"/.exec(chart)?.[1] ?? "";
    const numbers = [...path.matchAll(/[ML](\S+?) (\d+\.?\d*)/g)].map(([, x, y]) => [Number(x), Number(y)]);
    const [bottom, top] = [220, 12];
    expect(numbers.map(([, y]) => y)).to.deep.equal([bottom, bottom, (bottom + top) / 2, (bottom + top) / 2, top]);
    expect(numbers.at(-1)?.[0]).to.be.greaterThan(numbers[0]?.[0] ?? Infinity);
    expect(chart).to.include("ours: 10.0 s");
  });

  it("is nothing without points", () => {
    expect(lineChart([])).to.equal("");
    expect(lineChart([{ label: "none", colour: 0, points: [] }])).to.equal("");
  });
});

describe("a chart of bars", () => {
  const bars = [
    {
      label: "ours",
      parts: [
        { label: "a", colour: 0, value: 1 },
        { label: "b", colour: 1, value: 3 },
      ],
    },
    { label: "theirs", parts: [{ label: "a", colour: 0, value: 2 }] },
  ];

  it("makes the largest sum as wide as there is room, and shows the sums", () => {
    const chart = barChart(bars, "ms", 1);
    const widths = [...chart.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
    expect(widths).to.deep.equal([110.5, 335.5, 223]);
    expect(chart).to.include(">4.0</text>").and.include(">2.0</text>").and.include(">ms</text>");
  });

  it("has a legend where there are parts to tell apart, each once", () => {
    expect(legendOf(bars).match(/<span>/g)).to.have.length(2);
    expect(legendOf(bars.slice(1))).to.equal("");
  });

  it("is nothing when all is zero", () => {
    expect(barChart([{ label: "none", parts: [] }], "ms", 0)).to.equal("");
  });
});
