import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { findHierarchies, isUnified, makeGroup } from "./hierarchies.js";
import { amountsOf } from "../map/pod-resources.js";
import { limitFiles, podGroupPath, podLimits } from "./pod-group.js";

const V2 = { kind: "v2", controllers: ["cpu", "memory"], mountPoint: "/sys/fs/cgroup" } as const;

describe("control groups of pods", () => {
  it("are where the kubelet puts them", () => {
    const cgroupfs = { root: "/", driver: "cgroupfs", hierarchies: [] } as const;
    expect(podGroupPath(cgroupfs, "Guaranteed", "a-b")).to.equal("/kubepods/poda-b");
    expect(podGroupPath({ ...cgroupfs, root: "/x" }, "Burstable", "a-b")).to.equal("/x/kubepods/burstable/poda-b");
    const systemd = { root: "/", driver: "systemd", hierarchies: [] } as const;
    expect(podGroupPath(systemd, "BestEffort", "a-b")).to.equal(
      "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-poda_b.slice",
    );
  });

  it("are limited in the words of version 2", () => {
    const resources = { requests: { cpu: "1" }, limits: { cpu: "2", memory: "1Mi" } };
    const limits = podLimits(amountsOf({ spec: { containers: [{ name: "a", resources }] } }));
    expect(limitFiles(V2, limits)).to.deep.equal([
      ["memory.max", "1048576"],
      ["cpu.weight", "39"],
      ["cpu.max", "200000 100000"],
    ]);
    const free = podLimits(amountsOf({ spec: { containers: [{ name: "a" }] } }));
    expect(limitFiles(V2, free)).to.deep.equal([
      ["memory.max", "max"],
      ["cpu.weight", "1"],
      ["cpu.max", "max 100000"],
    ]);
  });

  it("can be read by everybody, whatever the umask", () => {
    const mountPoint = mkdtempSync(join(tmpdir(), "outboard-groups-"));
    const before = process.umask(0o077);
    try {
      makeGroup({ kind: "v1", controllers: ["cpu"], mountPoint }, "/kubepods/poda");
      const modes = ["kubepods", "kubepods/poda"].map((path) => statSync(join(mountPoint, path)).mode & 0o777);
      expect(modes).to.deep.equal([0o755, 0o755]);
    } finally {
      process.umask(before);
      rmSync(mountPoint, { recursive: true });
    }
  });

  it("are in every hierarchy that is mounted, each once", () => {
    const mountinfo = [
      "30 25 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
      "31 25 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
      "32 25 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
      "33 25 0:28 / /proc rw - proc proc rw",
    ].join("\n");
    const found = findHierarchies(mountinfo);
    expect(found.map(({ kind, mountPoint }) => [kind, mountPoint])).to.deep.equal([
      ["v1", "/sys/fs/cgroup/memory"],
      ["v2", "/sys/fs/cgroup/unified"],
    ]);
    expect(isUnified(found)).to.equal(false);
    expect(isUnified([V2])).to.equal(true);
  });
});
