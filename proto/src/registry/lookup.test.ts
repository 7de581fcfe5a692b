import { expect } from "chai";
import { Capability, Feature } from "../gen/outboard/provider/v1/features.js";
import { ErrorReason } from "../gen/outboard/provider/v1/errors.js";
import { Code, isStatusError } from "../rpc/status.js";
import {
  CAPABILITIES,
  capabilityId,
  capabilityOf,
  FEATURES,
  featureId,
  featureOf,
  REASONS,
  reasonName,
  reasonOf,
  refuse,
} from "./index.js";

describe("the registries", () => {
  it("hold every value of the proto enums but the unspecified one", () => {
    const numbers = (values: object) => Object.values(values).filter((value) => value !== 0);
    expect(CAPABILITIES.map((row) => row.number)).to.have.members(numbers(Capability));
    expect(FEATURES.map((row) => row.number)).to.have.members(numbers(Feature));
    expect(REASONS.map((row) => row.number)).to.have.members(numbers(ErrorReason));
  });

  it("have unique ids", () => {
    for (const ids of [
      CAPABILITIES.map((row) => row.id),
      FEATURES.map((row) => row.id),
      REASONS.map((row) => row.name),
    ]) {
      expect(new Set<string>(ids).size).to.equal(ids.length);
    }
  });

  it("require only capabilities that exist", () => {
    for (const row of CAPABILITIES) for (const id of row.requires) expect(capabilityOf(id), id).to.not.equal(undefined);
  });

  it("know a gRPC code for every reason", () => {
    for (const row of REASONS) expect(Code[row.code as keyof typeof Code], row.name).to.be.a("number");
  });

  it("say for every feature when a pod uses it", () => {
    for (const row of FEATURES) expect(row.kubernetesFields.join() + row.usedWhen, row.id).to.not.equal("");
  });
});

describe("lookups", () => {
  it("go from number to id and back", () => {
    expect(capabilityId(Capability.LOGS_FOLLOW)).to.equal("logs.follow");
    expect(capabilityOf("logs.follow")).to.include({ number: Capability.LOGS_FOLLOW, rpc: "InteractionService.Logs" });
    expect(featureId(Feature.ENV)).to.equal("env");
    expect(featureOf("env")).to.include({ number: Feature.ENV, base: true });
    expect(reasonName(ErrorReason.POD)).to.equal("POD");
    expect(reasonOf("POD")).to.include({ code: "NOT_FOUND" });
  });

  it("give undefined for what a later revision may bring", () => {
    expect([capabilityId(9999), featureId(0), reasonName(0)]).to.deep.equal([undefined, undefined, undefined]);
    expect([capabilityOf("constructor"), featureOf(""), reasonOf("NOPE")]).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("refuse", () => {
  it("joins the reason with its status code", () => {
    const error = refuse("OUT_OF_CAPACITY", "no room", { retryAfterMs: 5000 });
    expect(isStatusError(error)).to.equal(true);
    expect(error).to.include({
      code: Code.RESOURCE_EXHAUSTED,
      reason: "OUT_OF_CAPACITY",
      message: "no room",
      retryAfterMs: 5000,
    });
  });

  it("does not accept a reason that is not in the list", () => {
    expect(() => refuse("constructor" as "POD", "x")).to.throw("there is no reason constructor");
  });
});
