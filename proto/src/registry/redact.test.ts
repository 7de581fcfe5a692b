import { expect } from "chai";
import { AddressSlot, type PodInputs } from "../gen/outboard/provider/v1/pod_inputs.js";
import { REDACTED, redact } from "./redact.js";

const CANARY = "canary-7f3a";
const secret = new TextEncoder().encode(CANARY);

function inputs(): PodInputs {
  return {
    containers: [
      {
        name: "c",
        env: [
          { name: "PASSWORD", value: { parts: [{ part: { $case: "literal", value: secret } }] } },
          { name: "IP", value: { parts: [{ part: { $case: "address", value: AddressSlot.POD_IP } }] } },
        ],
        command: [],
        args: [],
        subPaths: [],
        registryCredentials: [],
        resources: { requests: new Map([["cpu", "100m"]]), limits: new Map() },
      },
    ],
    volumes: [],
    imageVolumes: [],
    hostname: "h",
    podHostNames: [],
    hosts: [],
    runtimeHandler: "",
    admittedFeatures: [],
  };
}

const PROVIDER = "outboard.provider.v1";

describe("redact", () => {
  it("hides a secret inside a oneof and keeps the rest", () => {
    const copy = redact(`${PROVIDER}.PodInputs`, inputs());
    expect(copy).to.deep.include({ hostname: "h" });
    expect(JSON.stringify(copy)).to.not.contain(CANARY).and.to.not.contain(secret.join());
    expect(copy).to.have.nested.property("containers[0].env[0].name", "PASSWORD");
    expect(copy).to.have.nested.property("containers[0].env[0].value.parts[0].part.value", REDACTED);
    expect(copy).to.have.nested.property("containers[0].env[1].value.parts[0].part.value", AddressSlot.POD_IP);
  });

  it("shows maps as objects", () => {
    expect(redact(`${PROVIDER}.PodInputs`, inputs())).to.have.nested.property(
      "containers[0].resources.requests.cpu",
      "100m",
    );
  });

  it("hides a sensitive list as a whole", () => {
    const copy = redact(`${PROVIDER}.ContainerInputs`, { name: "c", registryCredentials: [{ password: CANARY }] });
    expect(copy).to.deep.equal({ name: "c", registryCredentials: REDACTED });
    const volume = redact(`${PROVIDER}.ImageVolumeInputs`, { name: "v", registryCredentials: [{ password: CANARY }] });
    expect(volume).to.deep.equal({ name: "v", registryCredentials: REDACTED });
  });

  it("leaves the original alone", () => {
    const message = inputs();
    redact(`${PROVIDER}.PodInputs`, message);
    expect(message).to.deep.equal(inputs());
  });

  it("hides properties and messages that the contract does not know", () => {
    expect(redact(`${PROVIDER}.PodInputs`, { hostname: "h", novel: CANARY, constructor: CANARY })).to.deep.equal({
      hostname: "h",
      novel: REDACTED,
      constructor: REDACTED,
    });
    expect(redact("elsewhere.Message", { a: CANARY })).to.equal(REDACTED);
  });

  it("hides a member of a oneof that the contract does not know", () => {
    expect(redact(`${PROVIDER}.ValuePart`, { part: { $case: "novel", value: CANARY } })).to.deep.equal({
      part: REDACTED,
    });
  });

  it("shows digests in hex, 64-bit numbers as text, times in ISO form", () => {
    const copy = redact(`${PROVIDER}.PodObservation`, {
      specDigest: new Uint8Array([1, 255]),
      revision: 12n,
      observedAt: new Date(0),
    });
    expect(copy).to.deep.equal({ specDigest: "01ff", revision: "12", observedAt: "1970-01-01T00:00:00.000Z" });
  });

  it("hides the session id, the manifest, log bytes and exec commands", () => {
    expect(redact(`${PROVIDER}.HandshakeResponse`, { sessionId: CANARY })).to.deep.equal({ sessionId: REDACTED });
    expect(
      JSON.stringify(redact(`${PROVIDER}.CreatePodRequest`, { uid: "u", manifest: { json: secret } })),
    ).to.not.contain(CANARY);
    expect(redact(`${PROVIDER}.LogChunk`, { data: secret })).to.deep.equal({ data: REDACTED });
    expect(redact(`${PROVIDER}.ExecStart`, { command: [CANARY] })).to.deep.equal({ command: REDACTED });
  });
});
