import { expect } from "chai";
import { admit, type AdmissionContext } from "./admission.js";
import { admittedFeatures } from "./admission-features.js";
import { goldenCases, goldenLines, goldenPod, goldenText } from "./golden.test.js";
import { featuresUsed } from "./features-used.js";
import type { Node, Pod } from "./kubernetes.js";
import { heldBy } from "./node-use.test.js";
import { podWith } from "./pod.test.js";
import type { FeatureSupport } from "./provider-facts.js";

const node = JSON.parse(goldenText("node/node.json")) as Node;

function honours(ids: readonly string[], change: Partial<FeatureSupport> = {}): ReadonlyMap<string, FeatureSupport> {
  return new Map(ids.map((id) => [id, { id, level: "honoured", text: "", bounds: [], ...change }]));
}

/** Every id that any recorded pod uses. */
const ALL = [...new Set(goldenCases().flatMap((name) => featuresUsed(goldenPod(name)).map(({ id }) => id)))];

function context(change: Partial<AdmissionContext> = {}): AdmissionContext {
  return { features: honours(ALL), limits: {}, policy: {}, node, used: heldBy(), ...change };
}

describe("admit, as a real kubelet judged", () => {
  for (const name of goldenCases()) {
    const lines = goldenLines(name).filter((line) => line.name === undefined);
    const refused = lines.find(({ status }) => status.message?.startsWith("Pod was rejected: "))?.status;
    const scheduled = lines.some(({ status }) => status.observedGeneration !== undefined);
    if (!scheduled) continue;
    it(`${refused === undefined ? "lets in" : "refuses"} ${name}`, () => {
      const verdict = admit(goldenPod(name), context());
      if (refused === undefined) {
        expect(verdict).to.deep.include({ kind: "admitted", warnings: [] });
      } else {
        expect(verdict).to.include({ kind: "refused", reason: refused.reason });
        expect(`Pod was rejected: ${"message" in verdict ? verdict.message : ""}`).to.equal(refused.message);
      }
    });
  }

  it("refuses a host port that another pod has", () => {
    const first = goldenPod("adm-hostport-conflict");
    const second: Pod = { ...first, metadata: { ...first.metadata, name: "q", uid: "other" } };
    const refused = goldenLines("adm-hostport-conflict").find(
      ({ name, status }) => name === "q" && status.phase === "Failed",
    );
    const verdict = admit(second, context({ used: heldBy(first) }));
    expect(verdict).to.include({ kind: "refused", reason: refused?.status.reason });
    const ended: Pod = { ...first, status: { phase: "Succeeded" } };
    expect(admit(second, context({ used: heldBy(ended) })).kind).to.equal("admitted");
  });
});

describe("admit by host ports", () => {
  const using = (port: object, uid: string): Pod =>
    podWith(
      { containers: [{ name: "c", image: "i:1", ports: [{ containerPort: 80, hostPort: 8080, ...port }] }] },
      { uid },
    );
  const cases: readonly (readonly [string, object, object, boolean])[] = [
    ["two protocols", { protocol: "UDP" }, {}, true],
    ["two addresses", { hostIP: "10.0.0.1" }, { hostIP: "10.0.0.2" }, true],
    ["all addresses against one", {}, { hostIP: "10.0.0.2" }, false],
    ["one address against all", { hostIP: "10.0.0.2" }, {}, false],
    ["two ports", { hostPort: 8081 }, {}, true],
  ];
  for (const [what, first, second, free] of cases) {
    it(`${free ? "lets in" : "refuses"} ${what}`, () => {
      const verdict = admit(using(first, "a"), context({ used: heldBy(using(second, "b")) }));
      expect(verdict.kind).to.equal(free ? "admitted" : "refused");
    });
  }
});

describe("admit by room", () => {
  const small: Node = {
    ...node,
    status: { ...node.status, allocatable: { cpu: "1", memory: "1Gi", pods: "2", "example.com/gpu": "1" } },
  };
  const asking = (requests: object, uid = "u-1"): Pod =>
    podWith({ containers: [{ name: "c", image: "i:1", resources: { requests } }] }, { uid });

  it("counts what others have", () => {
    const verdict = admit(
      asking({ cpu: "600m" }),
      context({ node: small, used: heldBy(asking({ cpu: "500m" }, "u-2")) }),
    );
    expect(verdict).to.include({
      kind: "refused",
      reason: "OutOfcpu",
      message: "Node didn't have enough resource: cpu, requested: 600, used: 500, capacity: 1000",
    });
  });

  it("counts pods, extended resources that the node has, and ignores those it does not know", () => {
    const two = [asking({}, "a"), asking({}, "b")];
    expect(admit(asking({}), context({ node: small, used: heldBy(...two) }))).to.include({ reason: "OutOfpods" });
    expect(admit(asking({ "example.com/gpu": "2" }), context({ node: small }))).to.include({
      reason: "OutOfexample.com/gpu",
    });
    expect(admit(asking({ "example.com/other": "2" }), context({ node: small })).kind).to.equal("admitted");
  });

  it("has no huge pages where the node names none", () => {
    expect(admit(asking({ "hugepages-2Mi": "4Mi" }), context({ node: small }))).to.include({
      reason: "OutOfhugepages-2Mi",
      message: "Node didn't have enough resource: hugepages-2Mi, requested: 4194304, used: 0, capacity: 0",
    });
  });
});

describe("admit by place", () => {
  const withSpec = (spec: object, change: Partial<AdmissionContext> = {}) => admit(podWith(spec), context(change));
  const affinity = (term: object) => ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } },
  });
  const requirement = (key: string, operator: string, values: readonly string[] = []) =>
    affinity({ matchExpressions: [{ key, operator, values }] });

  const places: readonly (readonly [string, object, boolean])[] = [
    ["In", requirement("kubernetes.io/os", "In", ["linux"]), true],
    ["NotIn", requirement("kubernetes.io/os", "NotIn", ["linux"]), false],
    ["NotIn of a label that is not there", requirement("zone", "NotIn", ["a"]), true],
    ["Exists", requirement("zone", "Exists"), false],
    ["DoesNotExist", requirement("zone", "DoesNotExist"), true],
    ["Gt of no number", requirement("kubernetes.io/os", "Gt", ["1"]), false],
    ["a field", affinity({ matchFields: [{ key: "metadata.name", operator: "In", values: ["real-1"] }] }), true],
    ["an empty term", affinity({}), false],
  ];
  for (const [what, spec, fits] of places) {
    it(`follows node affinity: ${what}`, () => {
      expect(withSpec(spec).kind).to.equal(fits ? "admitted" : "refused");
    });
  }

  it("refuses another node's pod and a taint that is not tolerated", () => {
    expect(withSpec({ nodeName: "other" })).to.include({ reason: "NodeName" });
    const tainted: Node = { ...node, spec: { taints: [{ key: "k", value: "v", effect: "NoExecute" }] } };
    expect(withSpec({}, { node: tainted })).to.include({ reason: "TaintToleration" });
    const tolerations = [{ key: "k", operator: "Equal", value: "v", effect: "NoExecute" }];
    expect(withSpec({ tolerations }, { node: tainted }).kind).to.equal("admitted");
    expect(withSpec({ tolerations: [{ operator: "Exists" }] }, { node: tainted }).kind).to.equal("admitted");
    const onlySchedule: Node = { ...node, spec: { taints: [{ key: "k", effect: "NoSchedule" }] } };
    expect(withSpec({}, { node: onlySchedule }).kind).to.equal("admitted");
  });
});

describe("admit by features", () => {
  const bare = podWith();
  const withGrace = podWith({ terminationGracePeriodSeconds: 120 });

  it("names feature and path of what the provider does not support", () => {
    expect(admit(bare, context({ features: honours(["restart_policy.always"]) }))).to.include({
      kind: "refused",
      reason: "UnsupportedFeature",
      message: "spec.containers[0].image: the provider does not support image.registry",
    });
  });

  it("lets the operator's policy pass a feature with a warning, by id or for all", () => {
    for (const policy of [{ termination_grace: "warn" }, { "*": "warn" }] as const) {
      const features = honours(["restart_policy.always", "image.registry"]);
      const verdict = admit(withGrace, context({ features, policy }));
      expect(verdict.kind).to.equal("admitted");
      expect(verdict.warnings[0]?.message).to.contain("spec.terminationGracePeriodSeconds");
    }
  });

  it("keeps a limited feature within its bounds", () => {
    const bounds = [{ path: "spec.terminationGracePeriodSeconds", max: 60, allowed: [] }];
    const limited = new Map([...honours(ALL), ...honours(["termination_grace"], { level: "limited", bounds })]);
    expect(admit(withGrace, context({ features: limited }))).to.include({
      message: "spec.terminationGracePeriodSeconds: 120 is not what the provider supports (at most 60)",
    });
    expect(admit(podWith({ terminationGracePeriodSeconds: 60 }), context({ features: limited })).kind).to.equal(
      "admitted",
    );
  });

  it("refuses an ignored feature unless the policy says warn", () => {
    const features = new Map([...honours(ALL), ...honours(["termination_grace"], { level: "ignored" })]);
    expect(admit(withGrace, context({ features })).kind).to.equal("refused");
    expect(admit(withGrace, context({ features, policy: { termination_grace: "warn" } })).kind).to.equal("admitted");
  });

  it("leaves the API access volume out where it is not supported, with a warning", () => {
    const features = honours(ALL.filter((id) => id !== "inputs.api_access"));
    const pod = goldenPod("never-exit0");
    const verdict = admit(pod, context({ features }));
    expect(verdict.kind === "admitted" && [...verdict.omitted]).to.deep.equal([pod.spec.volumes?.[0]?.name]);
    expect(verdict.warnings).to.have.length(1);
    expect(admit(pod, context({ features, policy: { "inputs.api_access": "refuse" } })).kind).to.equal("refused");
  });

  it("warns of a field that nothing here understands", () => {
    const pod = podWith({ volumes: [{ name: "v", nfs: { server: "s", path: "/" } }] });
    const verdict = admit(pod, context());
    expect(verdict.kind).to.equal("admitted");
    expect(verdict.warnings[0]?.message).to.contain("spec.volumes[0].nfs.server");
  });

  it("warns of recursive read-only mounts only where no runtime handler of the node has them", () => {
    const mount = { name: "v", mountPath: "/v", readOnly: true, recursiveReadOnly: "Enabled" };
    const pod = podWith({
      containers: [{ name: "c", image: "i:1", volumeMounts: [mount] }],
      volumes: [{ name: "v", emptyDir: {} }],
    });
    const handlers = (recursiveReadOnlyMounts: boolean): Node => ({
      ...node,
      status: { ...node.status, runtimeHandlers: [{ name: "", features: { recursiveReadOnlyMounts } }] },
    });
    expect(admit(pod, context({ node: handlers(true) })).warnings).to.be.empty;
    expect(admit(pod, context({ node: handlers(false) })).warnings[0]?.message).to.contain("recursiveReadOnly");
    expect(admit(pod, context({ node: handlers(true), runtimeHandler: "other" })).warnings).to.have.length(1);
  });

  it("needs no feature for a deadline, which the gateway keeps itself", () => {
    const features = honours(ALL.filter((id) => id !== "active_deadline"));
    expect(admit(podWith({ activeDeadlineSeconds: 5 }), context({ features })).kind).to.equal("admitted");
  });

  it("needs no feature for limits of local storage where the provider tells what pods hold", () => {
    const features = honours(ALL.filter((id) => id !== "volumes.empty_dir.size_limit"));
    const limited = podWith({ volumes: [{ name: "e", emptyDir: { sizeLimit: "1Mi" } }] });
    expect(admit(limited, context({ features })).kind).to.equal("refused");
    expect(admit(limited, context({ features, capabilities: new Set(["stats"]) })).kind).to.equal("admitted");
  });

  it("keeps the provider's limits", () => {
    const two = podWith({
      containers: [
        { name: "a", image: "i:1" },
        { name: "b", image: "i:1" },
      ],
    });
    expect(admit(two, context({ limits: { maxContainers: 1 } }))).to.include({ kind: "refused" });
    const env = [{ name: "A", value: "x".repeat(100) }];
    const big = podWith({ containers: [{ name: "a", image: "i:1", env }] });
    expect(admit(big, context({ limits: { maxEnvBytes: 100 } }))).to.include({ kind: "refused" });
    expect(admit(big, context({ limits: { maxEnvBytes: 200 } })).kind).to.equal("admitted");
  });

  it("tells the provider which declared features the pod uses", () => {
    expect(admittedFeatures(bare, honours(["image.registry", "exec", "restart_policy.always"]))).to.deep.equal([
      "restart_policy.always",
      "image.registry",
    ]);
  });
});
