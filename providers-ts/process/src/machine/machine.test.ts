/** What is declared on machines that this one is not. */
import { expect } from "chai";
import { Capability, Feature } from "@outboard/contract";
import { parseBytes } from "@outboard/provider-sdk";
import { describeProvider, withheldFeatures } from "../features.js";
import { reportNode } from "../runtime/node-report.js";
import { inspectMachine, type MachineWishes } from "./machine.js";
import type { Probe } from "./probe.js";

const WISHES: MachineWishes = { isolation: "auto", network: "auto", cgroups: "none", groupName: "x" };
const IMAGES = { mappings: [], mapAll: false };

/** A machine on which the programs named are there, and trials succeed unless a word of theirs is refused. */
function fakeProbe(changes: {
  readonly missing?: readonly string[];
  readonly refused?: readonly string[];
  readonly uid?: number;
}): Probe {
  const { missing = [], refused = [], uid = 0 } = changes;
  return {
    find: (program) => (missing.includes(program) ? undefined : `/usr/bin/${program}`),
    run: (argv) => {
      const ok = !argv.some((word) => refused.some((bad) => word.includes(bad)));
      return { ok, said: ok ? "" : "Operation not permitted", output: "" };
    },
    read: (path) => (path === "/proc/self/status" ? "CapBnd:\t0000000000000001\n" : undefined),
    uid,
    gid: uid,
    groups: [],
  };
}

describe("inspectMachine", () => {
  it("finds everything where everything is allowed", () => {
    const machine = inspectMachine(fakeProbe({}), WISHES);
    expect(machine).to.include({ isolation: "root", network: true, privileges: true, terminal: true });
    expect([...machine.capabilities]).to.deep.equal(["CHOWN"]);
  });

  it("falls back to a user namespace for an ordinary user, without an address and other users", () => {
    const machine = inspectMachine(fakeProbe({ uid: 1000, refused: ["--reuid"] }), WISHES);
    expect(machine).to.include({ isolation: "user", network: false, privileges: false });
    const features = describeProvider(machine, false, IMAGES).features.map(({ feature }) => feature);
    expect(features).to.include(Feature.HOSTNAME);
    expect(features).not.to.include.members([Feature.SECURITY_RUN_AS_USER]);
    expect(features).not.to.include.members([Feature.POD_IP]);
  });

  it("offers the disk too, and holds back what a kubelet does", () => {
    const machine = inspectMachine(fakeProbe({}), WISHES);
    const { node } = reportNode({ machine, maxPods: 5, state: "/" }, []);
    const [all = 0, usable = 0] = [node?.capacity, node?.allocatable].map((some) => parseBytes(some?.get("memory")));
    expect(all - usable).to.equal(100 * 1024 * 1024);
    const disks = [node?.capacity, node?.allocatable].map((some) => parseBytes(some?.get("ephemeral-storage")) ?? 0);
    expect((disks[1] ?? 0) / (disks[0] ?? 0)).to.be.closeTo(0.9, 1e-6);
    expect(node?.capacity.get("pods")).to.equal("5");
  });

  it("says why there are no namespaces, and declares nothing that needs one", () => {
    const machine = inspectMachine(fakeProbe({ refused: ["--mount"] }), WISHES);
    expect(machine.isolation).to.equal("none");
    const info = reportNode({ machine, maxPods: 5, state: "/s" }, []).info;
    expect(info?.get("isolation")).to.contain("plain process groups");
    expect(info?.get("missing isolation")).to.equal("no namespaces: Operation not permitted");
    const declared = describeProvider(machine, false, IMAGES).features.map(({ feature }) => feature);
    for (const feature of [Feature.DNS, Feature.HOSTNAME, Feature.SECURITY_READ_ONLY_ROOT, Feature.VOLUMES_EMPTY_DIR]) {
      expect(declared).not.to.include(feature);
    }
    expect(withheldFeatures(machine)).to.include(Feature.INPUTS_API_ACCESS);
  });

  it("does without tools that are missing, one by one", () => {
    const without = (...missing: readonly string[]) => inspectMachine(fakeProbe({ missing }), WISHES);
    expect(without("unshare").isolation).to.equal("none");
    expect(without("ip").notes.get("network")).to.contain("ip not found");
    expect(without("setpriv").privileges).to.equal(false);
    const bare = without("script");
    expect(bare.terminal).to.equal(false);
    expect(describeProvider(bare, false, IMAGES).capabilities).not.to.include(Capability.EXEC_TTY);
  });

  it("keeps to what the operator wants", () => {
    expect(inspectMachine(fakeProbe({}), { ...WISHES, isolation: "none" })).to.include({
      isolation: "none",
      network: false,
    });
    expect(inspectMachine(fakeProbe({}), { ...WISHES, network: "host" }).network).to.equal(false);
  });
});
