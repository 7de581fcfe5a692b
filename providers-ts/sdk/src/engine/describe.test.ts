import { Capability, Feature, FeatureLevel } from "@outboard/contract";
import { expect } from "chai";
import { ManualClock } from "../clock/manual-clock.js";
import { describeEngine } from "./describe.js";
import type { ContainerRuntime } from "./runtime.js";
import { FakeRuntime } from "./testing/fake-runtime.js";

function runtimeWith(fields: Partial<ContainerRuntime>): ContainerRuntime {
  const runtime = new FakeRuntime(new ManualClock());
  return Object.assign(Object.create(runtime) as ContainerRuntime, fields);
}

describe("describeEngine", () => {
  it("declares exec and what needs it only where the runtime can run commands", () => {
    const without = describeEngine(runtimeWith({ exec: undefined as never }), { hasTmpfs: false });
    expect(without.capabilities).not.to.include(Capability.EXEC);
    expect(without.features.map(({ feature }) => feature)).not.to.include(Feature.PROBES_LIVENESS_EXEC);
    const withExec = describeEngine(runtimeWith({}), { hasTmpfs: false });
    expect(withExec.capabilities).to.include(Capability.EXEC);
    expect(withExec.features.map(({ feature }) => feature)).to.include(Feature.PROBES_LIVENESS_EXEC);
  });

  it("lets the runtime limit a feature, once, and withholds what the options say", () => {
    const limited = { feature: Feature.SIDECARS, level: FeatureLevel.LIMITED, text: "some", bounds: [] };
    const runtime = runtimeWith({
      describe: () => ({ name: "x", version: "1", capabilities: [], features: [limited] }),
    });
    const withhold = { features: [Feature.INIT_CONTAINERS], capabilities: [Capability.INPUTS_LIVE] };
    const { features, capabilities } = describeEngine(runtime, { hasTmpfs: false, withhold });
    expect(features.filter(({ feature }) => feature === Feature.SIDECARS)).to.deep.equal([limited]);
    expect(features.map(({ feature }) => feature)).not.to.include(Feature.INIT_CONTAINERS);
    expect(capabilities).not.to.include(Capability.INPUTS_LIVE);
  });

  it("declares memory volumes only with a tmpfs", () => {
    const memory = (hasTmpfs: boolean): boolean =>
      describeEngine(runtimeWith({}), { hasTmpfs }).features.some(
        ({ feature }) => feature === Feature.VOLUMES_EMPTY_DIR_MEMORY,
      );
    expect([memory(true), memory(false)]).to.deep.equal([true, false]);
  });
});
