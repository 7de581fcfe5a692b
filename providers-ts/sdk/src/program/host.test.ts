import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { architectureName, defaultInterface, hostAddresses, hostState, osImageOf } from "./host.js";

describe("what a provider says about its host", () => {
  it("names processors as Kubernetes does", () => {
    expect(["x64", "x86_64", "arm64", "aarch64", "riscv64"].map(architectureName)).to.deep.equal([
      "amd64",
      "amd64",
      "arm64",
      "arm64",
      "riscv64",
    ]);
  });

  it("finds the interface of the default route, and none where there is no such route", () => {
    const head = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU";
    const near = "cni0\t0001F40A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0";
    const far = "eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0";
    expect(defaultInterface([head, near, far].join("\n"))).to.equal("eth0");
    expect(defaultInterface([head, near].join("\n"))).to.equal(undefined);
    expect(defaultInterface("")).to.equal(undefined);
  });

  it("tells one address, which this host has", () => {
    const own = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
    const [address, ...more] = hostAddresses();
    expect(more).to.deep.equal([]);
    expect([...own, "127.0.0.1"]).to.include(address);
  });

  it("reads the system's own name, and says nothing where there is none", () => {
    const folder = mkdtempSync(join(tmpdir(), "host-"));
    const file = join(folder, "os-release");
    writeFileSync(file, 'NAME="Tiny"\nPRETTY_NAME="Tiny 1 (one)"\n');
    expect(osImageOf(file)).to.equal("Tiny 1 (one)");
    writeFileSync(file, "PRETTY_NAME=Tiny\n");
    expect(osImageOf(file)).to.equal("Tiny");
    rmSync(folder, { recursive: true });
    expect(osImageOf(file)).to.equal("");
    expect(hostState().operatingSystem).to.equal("linux");
  });
});
