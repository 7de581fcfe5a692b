import { expect } from "chai";
import { ResultTable } from "./table.js";
import { canSpeak, defaultTransport } from "./transports.js";

describe("the table of a run", () => {
  it("has one line per row, with a dash where nothing was judged", () => {
    const table = new ResultTable("kubectl");
    table.set("v1.2 spdy", "exec", "FAILED");
    table.set("v1.2 spdy", "exec", "ok spdy");
    table.set("v1.30 websocket", "cp", "ok websocket");
    expect(table.text().split("\n")).to.deep.equal([
      "kubectl          exec     cp",
      "v1.2 spdy        ok spdy  -",
      "v1.30 websocket  -        ok websocket",
    ]);
  });
});

describe("the transports of a kubectl", () => {
  it("are SPDY always, and WebSocket from the version that can be asked for it", () => {
    expect(canSpeak(22, "exec", "spdy")).to.equal(true);
    expect([28, 29].map((minor) => canSpeak(minor, "exec", "websocket"))).to.deep.equal([false, true]);
    expect([29, 30].map((minor) => canSpeak(minor, "port-forward", "websocket"))).to.deep.equal([false, true]);
  });

  it("are WebSocket by default one version after it could be asked for", () => {
    expect([29, 30].map((minor) => defaultTransport(minor, "attach"))).to.deep.equal(["spdy", "websocket"]);
    expect([30, 31].map((minor) => defaultTransport(minor, "port-forward"))).to.deep.equal(["spdy", "websocket"]);
  });
});
