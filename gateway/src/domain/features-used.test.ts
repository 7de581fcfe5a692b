import { readFileSync } from "node:fs";
import { expect } from "chai";
import { FEATURE_RULES } from "./feature-rules.js";
import { featuresUsed } from "./features-used.js";
import { goldenCases, goldenPod } from "./golden.test.js";
import { podWith } from "./pod.test.js";

const proto = readFileSync(new URL("../../../proto/outboard/provider/v1/features.proto", import.meta.url), "utf8");

/** Rows of the contract's registry. */
function registry(): readonly { readonly id: string; readonly base: boolean }[] {
  return [...proto.matchAll(/\(outboard_feature\) = \{([^}]*)\}/g)].map(([, body = ""]) => ({
    id: /id: "([^"]+)"/.exec(body)?.[1] ?? "",
    base: body.includes("base: true"),
  }));
}

/** Used by every recorded pod, or by nearly every one. */
const COMMON = new Set(["restart_policy.always", "termination_grace", "image.registry", "inputs.api_access"]);

function idsOf(name: string): readonly string[] {
  return featuresUsed(goldenPod(name))
    .map(({ id }) => id)
    .filter((id) => !COMMON.has(id));
}

describe("featuresUsed", () => {
  it("has a rule for each row of the registry and no other", () => {
    const wanted = registry()
      .filter(({ id, base }) => !base && id !== "unknown_field")
      .map(({ id }) => id);
    expect(wanted).to.have.length.above(70);
    expect([...new Set(FEATURE_RULES.map(({ id }) => id))]).to.have.members(wanted);
  });

  it("finds no unknown field in any recorded pod", () => {
    for (const name of goldenCases()) expect(idsOf(name), name).not.to.include("unknown_field");
  });

  const recorded: Readonly<Record<string, readonly string[]>> = {
    "never-exit0": [],
    "env-all": ["hostname", "resources.cpu_limit", "resources.memory_limit", "resources.ephemeral_storage_limit"],
    "adm-hostport-conflict": ["host_network"],
    hostport: ["host_port"],
    "probe-readiness-http": ["probes.readiness.http", "pod_ip"],
    "img-never-absent": ["image.pull_policy"],
    "img-latest-short": [],
    "restart-rules": ["restart_policy.container", "volumes.empty_dir"],
    "sidecar-readiness": ["sidecars", "probes.readiness.exec"],
    "init-success": ["init_containers"],
    "pod-level-resources": ["containers.multiple", "resources.pod_level"],
    "vol-all": [
      "volumes.empty_dir",
      "volumes.empty_dir.memory",
      "volumes.empty_dir.size_limit",
      "volumes.sub_path",
      "volumes.projected_token",
      "resources.cpu_limit",
      "resources.memory_limit",
      "security.fs_group",
    ],
  };
  for (const [name, ids] of Object.entries(recorded)) {
    it(`finds in ${name}: ${ids.join(", ") || "nothing special"}`, () => {
      expect(idsOf(name)).to.deep.equal(ids);
    });
  }

  it("counts no default", () => {
    expect(featuresUsed(podWith()).map(({ id }) => id)).to.deep.equal(["restart_policy.always", "image.registry"]);
  });

  it("gives every path", () => {
    const pod = podWith({
      containers: [
        { name: "a", image: "i:1", tty: true },
        { name: "b", image: "i:1", stdin: true, tty: true },
      ],
    });
    expect(featuresUsed(pod).find(({ id }) => id === "tty")?.paths).to.deep.equal([
      "spec.containers[0].tty",
      "spec.containers[1].tty",
      "spec.containers[1].stdin",
    ]);
  });

  const unknown: readonly (readonly [string, object, string])[] = [
    ["a volume kind", { volumes: [{ name: "v", nfs: { server: "s" } }] }, "spec.volumes[0].nfs.server"],
    ["a pod field", { brandNew: 1 }, "spec.brandNew"],
    [
      "a field below a known one",
      { containers: [{ name: "c", image: "i:1", livenessProbe: { exec: {}, newer: 5 } }] },
      "spec.containers[0].livenessProbe.newer",
    ],
    [
      "huge pages as a medium",
      { volumes: [{ name: "v", emptyDir: { medium: "HugePages" } }] },
      "spec.volumes[0].emptyDir.medium",
    ],
    [
      "a recursive read-only mount",
      {
        containers: [
          { name: "c", image: "i:1", volumeMounts: [{ name: "v", mountPath: "/v", recursiveReadOnly: "Enabled" }] },
        ],
      },
      "spec.containers[0].volumeMounts[0].recursiveReadOnly",
    ],
    [
      "a projected trust bundle",
      { volumes: [{ name: "v", projected: { sources: [{ clusterTrustBundle: { path: "p" } }] } }] },
      "spec.volumes[0].projected.sources[0].clusterTrustBundle.path",
    ],
  ];
  for (const [what, spec, path] of unknown) {
    it(`reports as unknown: ${what}`, () => {
      expect(featuresUsed(podWith(spec)).find(({ id }) => id === "unknown_field")?.paths).to.deep.equal([path]);
    });
  }

  it("asks for images only where no policy maps them, for runtime classes only beyond the default handler", () => {
    const ids = (options: object) => featuresUsed(podWith({ runtimeClassName: "r" }), options).map(({ id }) => id);
    expect(ids({ isMapped: () => true, runtimeHandler: "" })).to.deep.equal(["restart_policy.always"]);
    expect(ids({ runtimeHandler: "kata" })).to.include.members(["image.registry", "runtime_class"]);
  });
});
