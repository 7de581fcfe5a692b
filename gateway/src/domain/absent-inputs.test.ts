import { expect } from "chai";
import { absentFromEnv } from "./absent-inputs.js";
import type { InputObjects } from "./input-objects.js";

const OBJECTS: InputObjects = {
  configMap: (name) => (name === "there" ? { metadata: { name }, data: { key: "value" } } : undefined),
  secret: (name) => (name === "there" ? { metadata: { name }, data: { key: "dmFsdWU=" } } : undefined),
  token: () => undefined,
  services: [],
  allocatable: {},
};

type Env = NonNullable<Parameters<typeof absentFromEnv>[0]["spec"]["containers"][number]["env"]>[number];

describe("inputs that are absent from the environment", () => {
  const told = (env: Env) => absentFromEnv({ spec: { containers: [{ name: "main", env: [env] }] } }, OBJECTS);

  it("are told with virtual-kubelet's reasons", () => {
    expect(told({ name: "V", valueFrom: { secretKeyRef: { name: "gone", key: "key" } } })).to.deep.equal([
      { reason: "MandatorySecretNotFound", message: 'secret "gone" not found' },
    ]);
    expect(
      told({ name: "V", valueFrom: { configMapKeyRef: { name: "gone", key: "key", optional: true } } }),
    ).to.deep.equal([
      { reason: "OptionalConfigMapNotFound", message: 'skipping optional envvar "V": configmap "gone" not found' },
    ]);
    expect(told({ name: "V", valueFrom: { configMapKeyRef: { name: "there", key: "other" } } })).to.deep.equal([
      { reason: "MandatoryConfigMapKeyNotFound", message: 'key "other" does not exist in configmap "there"' },
    ]);
  });

  it("are looked for in whole objects too", () => {
    const envFrom = [{ secretRef: { name: "gone", optional: true } }, { configMapRef: { name: "there" } }];
    expect(absentFromEnv({ spec: { containers: [{ name: "main", envFrom }] } }, OBJECTS)).to.deep.equal([
      { reason: "OptionalSecretNotFound", message: 'secret "gone" not found' },
    ]);
  });

  it("are none where all is there", () => {
    expect(told({ name: "V", valueFrom: { secretKeyRef: { name: "there", key: "key" } } })).to.deep.equal([]);
    expect(told({ name: "V", value: "text" })).to.deep.equal([]);
  });
});
