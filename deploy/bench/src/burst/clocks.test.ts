import { expect } from "chai";
import type { ApiRequest } from "../audit-log.js";
import { auditClock, createdToRunning, curveOf } from "./clocks.js";

function request(what: string, name: string, at: number, code = 200): ApiRequest {
  return { id: `${what} ${name} ${at}`, what, name, at, doneAt: at + 5, code };
}

describe("a curve", () => {
  it("has every pod of a few, in order, in seconds since the beginning", () => {
    expect(curveOf([3000, 1500, 2000], 1000)).to.deep.equal([
      [0.5, 1],
      [1, 2],
      [2, 3],
    ]);
  });

  it("has at most 120 points of many, the last pod among them", () => {
    const curve = curveOf(
      Array.from({ length: 1001 }, (_, index) => index),
      0,
    );
    expect(curve.length).to.be.at.most(120);
    expect(curve.at(-1)).to.deep.equal([1, 1001]);
  });
});

describe("created to Running by the watch", () => {
  it("counts from the answer, and not below nothing where the watch was first", () => {
    const answered = new Map([
      ["slow", 100],
      ["early", 100],
      ["pending", 100],
    ]);
    const times = new Map([
      ["slow", { running: 160 }],
      ["early", { running: 90 }],
      ["pending", {}],
    ]);
    expect(createdToRunning(answered, times)).to.deep.equal([60, 0]);
  });
});

describe("the audit clock", () => {
  const load = [request("create pods", "a", 0, 201), request("create pods", "b", 100, 201)];

  it("goes from the answer of the create to that of the status write which was seen as Running", () => {
    const contender = [
      request("patch pods/status", "a", 20),
      request("patch pods/status", "a", 50),
      request("patch pods/status", "a", 900),
      request("update pods/status", "b", 500),
    ];
    const running = new Map([
      ["a", 60],
      ["b", 520],
    ]);
    const clock = auditClock({ load, contender, running });
    expect(clock?.podMs).to.deep.equal({ count: 2, p50: 50, p99: 400, max: 400 });
    expect(clock?.podsPerSecond).to.be.closeTo(2 / 0.505, 1e-9);
  });

  it("does not count writes that were refused", () => {
    const contender = [request("patch pods/status", "a", 20), request("patch pods/status", "a", 40, 409)];
    expect(auditClock({ load, contender, running: new Map([["a", 60]]) })?.podMs.max).to.equal(20);
  });

  it("is none where the log lacks a pod", () => {
    const contender = [request("patch pods/status", "a", 20)];
    const running = new Map([
      ["a", 60],
      ["b", 520],
    ]);
    expect(auditClock({ load, contender, running })).to.equal(undefined);
    expect(auditClock({ load: [], contender, running: new Map() })).to.equal(undefined);
  });
});
