import { createHash } from "node:crypto";
import {
  AddressSlot,
  CreatePodRequest,
  featureOf,
  PodChange,
  PodInputs as WireInputs,
  StopReason,
  UpdatePodRequest,
} from "@outboard/contract";
import { expect } from "chai";
import type { PodInputs } from "../domain/inputs.js";
import type { CreateOrder } from "../ports/provider.js";
import { toCreateRequest, toInputs, toStopReason, toUpdateRequest } from "./map-inputs.js";

const bytes = (text: string) => new TextEncoder().encode(text);

const EMPTY: PodInputs = {
  containers: [],
  volumes: [],
  hostname: "",
  podHostNames: [],
  hosts: [],
  runtimeHandler: "",
  admittedFeatures: [],
};

const ORDER: CreateOrder = {
  uid: "u",
  specRevision: 5n,
  specDigest: "ab".repeat(32),
  manifest: bytes("{}"),
  inputs: EMPTY,
  inputVersion: 2n,
  startTime: "2026-01-02T03:04:05Z",
  prior: [],
};

function sent(order: CreateOrder): CreatePodRequest {
  return CreatePodRequest.decode(CreatePodRequest.encode(toCreateRequest(order)).finish());
}

describe("an order on the wire", () => {
  it("keeps identity, revision, raw digest and start time", () => {
    const request = sent(ORDER);
    expect(request).to.deep.include({
      uid: "u",
      specRevision: 5n,
      inputVersion: 2n,
      startTime: new Date(ORDER.startTime),
    });
    expect(request.specDigest).to.have.length(32);
    expect(new TextDecoder().decode(request.manifest?.json)).to.equal("{}");
    expect(request.deadline).to.equal(undefined);
  });

  it("keeps the deadline and the counts of a pod that was lost", () => {
    const lastTermination = {
      exitCode: 0,
      reason: "Completed",
      message: "",
      since: "2026-01-02T03:04:05Z",
      containerId: "c",
    };
    const request = sent({
      ...ORDER,
      deadline: "2026-01-02T04:00:00Z",
      prior: [
        { name: "a", restartCount: 4, lastTermination },
        { name: "b", restartCount: 0 },
      ],
    });
    expect(request.deadline).to.deep.equal(new Date("2026-01-02T04:00:00Z"));
    expect(request.prior[0]).to.deep.include({ name: "a", restartCount: 4 });
    expect(request.prior[0]?.lastTermination).to.include({ exitCode: 0, reason: "Completed", containerId: "c" });
    expect(request.prior[0]?.lastTermination?.until).to.equal(undefined);
    expect(request.prior[1]?.lastTermination).to.equal(undefined);
  });

  it("names every kind of change by its number", () => {
    const kinds = ["image", "metadata", "resources", "ephemeral_containers", "tolerations", "grace", "deadline"];
    const request = toUpdateRequest({ ...ORDER, changes: kinds });
    const decoded = UpdatePodRequest.decode(UpdatePodRequest.encode(request).finish());
    expect(decoded.changes).to.deep.equal(Object.values(PodChange).filter((number) => number > 0));
  });

  it("names every reason to stop by its number", () => {
    const reasons = ["user", "deadline", "evicted", "preempted", "orphan"] as const;
    expect(reasons.map(toStopReason)).to.deep.equal(Object.values(StopReason).filter((number) => number > 0));
  });
});

describe("inputs on the wire", () => {
  function decoded(inputs: Partial<PodInputs>): WireInputs {
    return WireInputs.decode(WireInputs.encode(toInputs({ ...EMPTY, ...inputs })).finish());
  }

  it("keep values part by part", () => {
    const [container] = decoded({
      containers: [
        {
          name: "c",
          env: [
            {
              name: "A",
              value: [
                { kind: "literal", bytes: bytes("x=") },
                { kind: "address", slot: "podIP" },
                { kind: "address", slot: "hostIPs" },
                { kind: "fileKey", volume: "v", path: "p", key: "k", optional: true, ifMissing: bytes("") },
                { kind: "fileKey", volume: "v", path: "p", key: "k", optional: false },
              ],
            },
          ],
          command: [[{ kind: "literal", bytes: bytes("sh") }]],
          args: [],
          subPaths: [{ mountPath: "/m", path: [{ kind: "literal", bytes: bytes("s") }] }],
          registryCredentials: [],
          error: { reason: "CreateContainerConfigError", message: "m" },
        },
      ],
    }).containers;
    const parts = container?.env[0]?.value?.parts.map(({ part }) => part) ?? [];
    expect(parts.map((part) => part?.$case)).to.deep.equal(["literal", "address", "address", "fileKey", "fileKey"]);
    expect(parts[1]?.value).to.equal(AddressSlot.POD_IP);
    expect(parts[2]?.value).to.equal(AddressSlot.HOST_IPS);
    expect(parts[3]?.value).to.have.property("ifMissing");
    expect(parts[4]?.value).to.deep.include({ optional: false, ifMissing: undefined });
    expect(container?.subPaths[0]?.mountPath).to.equal("/m");
    expect(container?.error).to.deep.equal({ reason: "CreateContainerConfigError", message: "m" });
    expect(container?.resources).to.equal(undefined);
  });

  it("keep files with mode, owner, digest and end of life", () => {
    const content = bytes("secret");
    const [file, plain] =
      decoded({
        volumes: [
          {
            name: "v",
            files: [
              { path: "p", mode: 0o400, uid: 0, gid: 7, content, sensitive: true, expiresAt: "2026-01-02T03:04:05Z" },
              { path: "q", mode: 0o644, content: bytes(""), sensitive: false },
            ],
          },
        ],
      }).volumes[0]?.files ?? [];
    expect(file).to.include({ path: "p", mode: 0o400, uid: 0, gid: 7, sensitive: true });
    expect(Buffer.from(file?.sha256 ?? []).toString("hex")).to.equal(
      createHash("sha256").update(content).digest("hex"),
    );
    expect(file?.expiresAt).to.deep.equal(new Date("2026-01-02T03:04:05Z"));
    expect([plain?.uid, plain?.gid, plain?.expiresAt]).to.deep.equal([undefined, undefined, undefined]);
  });

  it("keep the credentials of image volumes", () => {
    const credential = { serverAddress: "r", username: "u", password: "p", identityToken: "", registryToken: "" };
    const imageVolumes = [{ name: "v", registryCredentials: [credential] }];
    expect(decoded({ imageVolumes }).imageVolumes).to.deep.equal(imageVolumes);
    expect(decoded({}).imageVolumes).to.deep.equal([]);
  });

  it("name admitted features by number and leave out ids that nobody knows", () => {
    expect(decoded({ admittedFeatures: ["pod_ip", "no.such"] }).admittedFeatures).to.deep.equal([
      featureOf("pod_ip")?.number,
    ]);
  });

  it("keep DNS, hosts and resources of the pod, and leave DNS out where the backend's own is meant", () => {
    const dns = { servers: ["10.0.0.10"], searches: ["d"], options: ["ndots:5"] };
    const whole = decoded({
      dns,
      resources: { requests: { cpu: "1" }, limits: {} },
      hosts: [{ ip: "1.2.3.4", hostnames: ["h"] }],
    });
    expect(whole.dns).to.deep.equal(dns);
    expect(whole.resources?.requests.get("cpu")).to.equal("1");
    expect(whole.hosts).to.deep.equal([{ ip: "1.2.3.4", hostnames: ["h"] }]);
    expect(decoded({}).dns).to.equal(undefined);
  });
});
