/** What is asked of the engine, without one. */
import { RuntimeError } from "@outboard/provider-sdk";
import { expect } from "chai";
import { chooseVersion } from "../api/connection.js";
import { readPodFacts } from "./manifest.js";
import { toResourceSettings, toResourceUpdate } from "./resources.js";
import { planSecurity } from "./security.js";

function resources(requests: Readonly<Record<string, string>>, limits: Readonly<Record<string, string>>) {
  return { requests: new Map(Object.entries(requests)), limits: new Map(Object.entries(limits)) };
}

function refusal(context: Readonly<Record<string, unknown>>, imageUser: string): string {
  try {
    planSecurity(context, imageUser, "who");
    return "";
  } catch (error) {
    return error instanceof RuntimeError ? error.message : String(error);
  }
}

describe("resources", () => {
  it("follow the kubelet's arithmetic", () => {
    expect(toResourceSettings(undefined)).to.deep.equal({ CpuShares: 2 });
    expect(toResourceSettings(resources({}, { cpu: "2" }))).to.deep.equal({
      CpuPeriod: 100_000,
      CpuQuota: 200_000,
      CpuShares: 2048,
    });
    expect(toResourceSettings(resources({ cpu: "1m" }, { cpu: "1m" }))).to.include({ CpuQuota: 1000, CpuShares: 2 });
    expect(toResourceSettings(resources({}, { memory: "1000" }))).to.include({ Memory: 1000, MemorySwap: 1000 });
  });

  it("take a limit away that is gone", () => {
    expect(toResourceUpdate(resources({ cpu: "100m" }, {}))).to.deep.equal({
      Memory: 0,
      MemorySwap: -1,
      CpuPeriod: 100_000,
      CpuQuota: -1,
      CpuShares: 102,
    });
  });
});

describe("a security context", () => {
  it("refuses root where it must not be, as the kubelet says it", () => {
    const nonRoot = { runAsNonRoot: true };
    expect(refusal({ ...nonRoot, runAsUser: 0 }, "1234")).to.equal(
      "container's runAsUser breaks non-root policy (who)",
    );
    expect(refusal(nonRoot, "")).to.equal("container has runAsNonRoot and image will run as root (who)");
    expect(refusal(nonRoot, "0:5")).to.equal("container has runAsNonRoot and image will run as root (who)");
    expect(refusal(nonRoot, "web:web")).to.equal(
      "container has runAsNonRoot and image has non-numeric user (web), cannot verify user is non-root (who)",
    );
    expect(refusal(nonRoot, "1234:0")).to.equal("");
    expect(refusal({ ...nonRoot, runAsUser: 5 }, "0")).to.equal("");
  });

  it("sets a group with the image's user", () => {
    expect(planSecurity({ runAsGroup: 5 }, "web:web", "who").User).to.equal("web:5");
    expect(planSecurity({ runAsGroup: 5 }, "", "who").User).to.equal("0:5");
    expect(planSecurity({ runAsUser: 0 }, "web", "who").User).to.equal("0");
    expect(planSecurity({}, "web", "who").User).to.equal(undefined);
  });

  it("asks for no filter of system calls unless the pod does", () => {
    expect(planSecurity({}, "", "who").SecurityOpt).to.deep.equal(["seccomp=unconfined"]);
    expect(planSecurity({ seccompProfile: { type: "RuntimeDefault" } }, "", "who").SecurityOpt).to.deep.equal([]);
  });
});

describe("ports of the host", () => {
  it("are those of main containers, as with the kubelet", () => {
    const [main, sidecar] = [8080, 9090].map((port) => ({ ports: [{ containerPort: 80, hostPort: port }] }));
    const { hostPorts } = readPodFacts({ spec: { containers: [main], initContainers: [sidecar] } });
    expect(hostPorts.map(({ hostPort }) => hostPort)).to.deep.equal([8080]);
  });
});

describe("the version of the API", () => {
  it("is our own where the engine speaks it, else the nearest it does", () => {
    expect(chooseVersion("1.47", "1.24")).to.equal("1.41");
    expect(chooseVersion("1.52", "1.44")).to.equal("1.44");
    expect(chooseVersion("1.40", "1.12")).to.equal("1.40");
  });
});
