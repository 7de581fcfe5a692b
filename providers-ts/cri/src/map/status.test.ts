import { expect } from "chai";
import { LinuxContainerResources } from "../gen/runtime/v1/api.js";
import { resourcesInForce } from "./status.js";

type Amounts = Readonly<Record<string, string>>;

function inForce(requests: Amounts, limits: Amounts, linux: Partial<LinuxContainerResources>): readonly Amounts[] {
  const asked = { requests: new Map(Object.entries(requests)), limits: new Map(Object.entries(limits)) };
  const shown = resourcesInForce(asked, LinuxContainerResources.fromPartial(linux));
  return [Object.fromEntries(shown.requests), Object.fromEntries(shown.limits)];
}

describe("resourcesInForce", () => {
  it("shows what a container was given of its pod's, where it has some of its own", () => {
    const linux = { cpuShares: 204n, cpuQuota: 20_000n, cpuPeriod: 100_000n, memoryLimitInBytes: 67_108_864n };
    expect(inForce({ memory: "8Mi" }, {}, linux)).to.deep.equal([{ memory: "8Mi", cpu: "200m" }, {}]);
    expect(inForce({}, { cpu: "0.2" }, linux)).to.deep.equal([{}, { cpu: "200m", memory: "67108864" }]);
    expect(inForce({}, {}, linux)).to.deep.equal([{}, {}]);
  });

  it("keeps what was asked where the kernel's least is not told from it, or nothing is limited", () => {
    const least = { cpuShares: 2n, cpuQuota: 1_000n, cpuPeriod: 100_000n };
    expect(inForce({ cpu: "1m" }, { cpu: "5m" }, least)).to.deep.equal([{ cpu: "1m" }, { cpu: "5m" }]);
    expect(inForce({ memory: "8Mi" }, { memory: "8Mi" }, { cpuShares: 2n })).to.deep.equal([
      { memory: "8Mi" },
      { memory: "8Mi" },
    ]);
  });

  it("shows the share that was asked for as it was asked for", () => {
    for (const millis of [3, 10, 50, 100, 125, 150, 999, 1900]) {
      const cpuShares = BigInt(Math.floor((millis * 1024) / 1000));
      expect(inForce({ cpu: `${millis}m` }, {}, { cpuShares })[0]).to.deep.equal({ cpu: `${millis}m` });
    }
  });
});
