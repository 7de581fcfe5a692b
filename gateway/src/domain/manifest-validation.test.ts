import { expect } from "chai";
import { goldenCases, goldenPod } from "./golden.test.js";
import { validatePod } from "./manifest-validation.js";

function problemsOf(spec: object, metadata: object = {}): readonly string[] {
  const pod = { metadata: { name: "p", ...metadata }, spec: { containers: [{ name: "c", image: "i" }], ...spec } };
  return validatePod(pod).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const container = (change: object): object => ({ containers: [{ name: "c", image: "i", ...change }] });

describe("validatePod", () => {
  it("finds nothing wrong with any pod that an API server took", () => {
    for (const name of goldenCases()) expect(validatePod(goldenPod(name)), name).to.deep.equal([]);
  });

  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ["no containers", problemsOf({ containers: [] }), "spec.containers: at least one container is required"],
    ["no image", problemsOf(container({ image: undefined })), "spec.containers.0.image: is required"],
    ["a bad name", problemsOf({}, { name: "Not OK" }), "metadata.name: must be lower-case"],
    [
      "a long container name",
      problemsOf(container({ name: "a".repeat(64) })),
      "spec.containers.0.name: must be lower-case",
    ],
    [
      "two containers of one name",
      problemsOf({
        containers: [
          { name: "c", image: "i" },
          { name: "c", image: "i" },
        ],
      }),
      'spec.containers.1.name: "c" is there twice',
    ],
    [
      "a mount of no volume",
      problemsOf(container({ volumeMounts: [{ name: "v", mountPath: "/v" }] })),
      'spec.containers.0.volumeMounts.0.name: no volume is named "v"',
    ],
    [
      "a number as a value",
      problemsOf(container({ env: [{ name: "A", value: 1 }] })),
      "spec.containers.0.env.0.value: must be a string",
    ],
    [
      "both value and source",
      problemsOf(container({ env: [{ name: "A", value: "x", valueFrom: {} }] })),
      "spec.containers.0.env.0.valueFrom: may not be set",
    ],
    [
      "an unknown policy",
      problemsOf({ restartPolicy: "Sometimes" }),
      "spec.restartPolicy: must be one of Always, OnFailure, Never",
    ],
    [
      "a bad quantity",
      problemsOf(container({ resources: { limits: { cpu: "many" } } })),
      'spec.containers.0.resources.limits.cpu: "many" is not a quantity',
    ],
    [
      "a bad port",
      problemsOf(container({ ports: [{ containerPort: 0 }] })),
      "spec.containers.0.ports.0.containerPort: must be a whole number",
    ],
    [
      "a deadline of nothing",
      problemsOf({ activeDeadlineSeconds: 0 }),
      "spec.activeDeadlineSeconds: must be a whole number from 1",
    ],
    [
      "a command that is no list",
      problemsOf(container({ command: "sh" })),
      "spec.containers.0.command: must be a list of strings",
    ],
  ];
  for (const [what, found, wanted] of cases) {
    it(`says where: ${what}`, () => {
      expect(found).to.have.length(1);
      expect(found[0]).to.contain(wanted);
    });
  }

  it("asks for metadata and spec", () => {
    expect(validatePod([]).map(({ message }) => message)).to.deep.equal(["must be an object"]);
    expect(validatePod({ spec: {} })[0]?.path).to.deep.equal(["metadata"]);
    expect(validatePod({ metadata: {} })[0]?.path).to.deep.equal(["spec"]);
  });
});
