import { expect } from "chai";
import { containerEnv } from "./env.js";
import type { InputObjects } from "./input-objects.js";
import type { EnvVar, Value } from "./inputs.js";
import { podWith } from "./pod.test.js";

const nothing: InputObjects = {
  configMap: () => undefined,
  secret: () => ({ data: { raw: Buffer.from([0xff, 0x00, 0xfe]).toString("base64") } }),
  token: () => undefined,
  services: [],
  allocatable: {},
};

function resolve(container: object, objects: InputObjects = nothing) {
  const pod = podWith({
    volumes: [{ name: "e", emptyDir: {} }],
    containers: [{ name: "c", image: "i:1", ...container }],
  });
  const [first] = pod.spec.containers;
  if (first === undefined) throw new Error("the pod has no container");
  return containerEnv(pod, first, objects);
}

const fileKey = (optional: boolean): object => ({
  valueFrom: { fileKeyRef: { volumeName: "e", path: "f", key: "K", optional } },
});
const text = (value: Value | undefined): readonly string[] =>
  (value ?? []).map((part) => (part.kind === "literal" ? Buffer.from(part.bytes).toString() : part.kind));
const named = (env: readonly EnvVar[], name: string) => env.filter((variable) => variable.name === name);

describe("containerEnv", () => {
  it("keeps bytes of secrets that are no UTF-8", () => {
    const { env } = resolve({ env: [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "raw" } } }] });
    expect(env[0]?.value).to.deep.equal([{ kind: "literal", bytes: new Uint8Array([0xff, 0x00, 0xfe]) }]);
  });

  it("leaves addresses to the provider, inside other values too", () => {
    const { env, args } = resolve({
      env: [
        { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
        { name: "URL", value: "http://$(IP):80/" },
      ],
      args: ["--ip=$(IP)"],
    });
    expect(text(env[1]?.value)).to.deep.equal(["http://", "address", ":80/"]);
    expect(text(args[0])).to.deep.equal(["--ip=", "address"]);
  });

  it("keeps what stands in for an optional file key that is missing", () => {
    const { env } = resolve({
      env: [
        { name: "A", value: "before" },
        { name: "A", ...fileKey(true) },
        { name: "B", value: "<$(A)>" },
      ],
    });
    expect(named(env, "A")).to.have.length(2);
    const part = named(env, "B")[0]?.value[1];
    expect(part?.kind === "fileKey" && Buffer.from(part.ifMissing ?? []).toString()).to.equal("before");
  });

  it("lets a reference to a missing optional file key stay as written", () => {
    const { env } = resolve({
      env: [
        { name: "A", ...fileKey(true) },
        { name: "B", value: "$(A)" },
      ],
    });
    const part = named(env, "B")[0]?.value[0];
    expect(part?.kind === "fileKey" && Buffer.from(part.ifMissing ?? []).toString()).to.equal("$(A)");
  });

  it("needs no earlier value where the file key must be there", () => {
    const { env } = resolve({
      env: [
        { name: "A", value: "before" },
        { name: "A", ...fileKey(false) },
      ],
    });
    expect(named(env, "A")).to.have.length(1);
  });

  it("expands sub paths, and refuses one that refers to nothing", () => {
    const mount = (subPathExpr: string) => ({ volumeMounts: [{ name: "e", mountPath: "/e", subPathExpr }] });
    const { subPaths } = resolve({ ...mount("$(A)/x"), env: [{ name: "A", value: "a" }] });
    expect(subPaths.map(({ mountPath, path }) => [mountPath, ...text(path)])).to.deep.equal([["/e", "a/x"]]);
    expect(() => resolve(mount("$(NOPE)"))).to.throw("missing value for NOPE");
  });

  it("says which volume a file key needs", () => {
    const missing = { valueFrom: { fileKeyRef: { volumeName: "v", path: "f", key: "K" } } };
    expect(() => resolve({ env: [{ name: "A", ...missing }] })).to.throw(
      'cannot find the volume "v" referenced by FileKeyRef',
    );
  });
});
