import {
  CAPABILITIES,
  type Capability,
  type Feature,
  FEATURES,
  FeatureLevel,
  featureOf,
  PodObservation,
  PodStage,
  ProviderState,
  refuse,
  SessionMode,
} from "@outboard/contract";
import { expect } from "chai";
import { READY_NODE, type Script, ScriptedProvider, sendSnapshot } from "../provider/testing/scripted-provider.js";
import { rejection } from "../testing/eventually.js";
import { inspect } from "./inspect.js";

const LONG_TEXT =
  "addresses are made up: port-forward reaches them, the network does not, and so on for more than a line";

const SCRIPT: Partial<Script> = {
  handshake: () => ({
    capabilities: [CAPABILITIES[0]?.number as Capability],
    features: [
      {
        feature: featureOf("pod_ip")?.number as Feature,
        level: FeatureLevel.LIMITED,
        text: LONG_TEXT,
        bounds: [{ path: "spec.x", min: 1, allowed: [] }],
      },
      { feature: featureOf("hostname")?.number as Feature, level: FeatureLevel.HONOURED, text: "", bounds: [] },
    ],
    limits: { maxContainers: 3, deadlines: { getPodMs: 5 } },
  }),
  getNode: () => ({
    ...READY_NODE,
    state: ProviderState.DEGRADED,
    reason: "Slow",
    message: "very\u001b[31m slow\n",
    info: new Map([["region", "north"]]),
  }),
  watch: (watch) => {
    const pods = [
      ["a", PodStage.STARTED],
      ["b", PodStage.STARTED],
      ["c", PodStage.ENDED],
    ] as const;
    const events = pods.map(([uid, stage]) => ({
      event: { $case: "observation" as const, value: PodObservation.fromPartial({ uid, stage }) },
    }));
    sendSnapshot(watch, { events });
    watch.stream.end();
  },
};

function look(provider: string, output: "text" | "json"): Promise<string> {
  const tls = { providerCA: undefined, providerCert: undefined, providerKey: undefined, providerInsecure: false };
  return inspect({ provider, output, ...tls }, new AbortController().signal);
}

describe("an inspection", () => {
  it("is an observer's: it has no fencing number and asks for one snapshot only", async () => {
    await using provider = await new ScriptedProvider(SCRIPT).start();
    await look(provider.address, "text");
    expect(provider.handshakes).to.have.length(1);
    expect(provider.handshakes[0]).to.include({ mode: SessionMode.OBSERVER, fencing: undefined, clusterId: "" });
    expect(provider.watches.map(({ request }) => request.snapshotOnly)).to.deep.equal([true]);
    expect(provider.podCalls).to.deep.equal([]);
  });

  it("has a stable shape as JSON", async () => {
    await using provider = await new ScriptedProvider(SCRIPT).start();
    const { capabilities, features, ...found } = JSON.parse(await look(provider.address, "json")) as {
      capabilities: readonly { id: string }[];
      features: readonly { id: string }[];
    };
    expect(found).to.deep.equal({
      provider: { name: "scripted", version: "1.2.3", revision: 1, instance: "instance-1" },
      node: { state: "degraded", reason: "Slow", message: "very\u001b[31m slow\n", inventoryComplete: true },
      info: { region: "north" },
      limits: { maxContainers: 3, deadlines: { getPodMs: 5 } },
      capacity: { cpu: "4" },
      pods: { started: 2, ended: 1 },
    });
    expect(capabilities.map(({ id }) => id)).to.deep.equal(CAPABILITIES.map(({ id }) => id));
    expect(capabilities.slice(0, 2)).to.deep.equal([
      { id: CAPABILITIES[0]?.id, declared: true },
      { id: CAPABILITIES[1]?.id, declared: false },
    ]);
    expect(features.map(({ id }) => id)).to.deep.equal(FEATURES.filter(({ base }) => !base).map(({ id }) => id));
    expect(features.find(({ id }) => id === "pod_ip")).to.deep.equal({
      id: "pod_ip",
      level: "limited",
      text: LONG_TEXT,
      bounds: [{ path: "spec.x", min: 1, allowed: [] }],
    });
    expect(features.find(({ id }) => id === "host_port")).to.deep.equal({
      id: "host_port",
      level: "no",
      text: "",
      bounds: [],
    });
  });

  it("is text in columns that fit 100 and keep their places", async () => {
    await using provider = await new ScriptedProvider(SCRIPT).start();
    const lines = (await look(provider.address, "text")).split("\n");
    for (const line of lines) expect(line.length, line).to.be.at.most(100);
    expect(lines.slice(0, 6)).to.deep.equal([
      "provider      scripted 1.2.3, contract revision 1",
      "state         degraded (Slow: very [31m slow), inventory complete",
      "capacity      cpu=4",
      "pods          started=2 ended=1",
      'limits        maxContainers=3 deadlines={"getPodMs":5}',
      "info          region: north",
    ]);
    const header = lines.find((line) => line.startsWith("FEATURE")) ?? "";
    const level = header.indexOf("LEVEL");
    const remark = header.indexOf("REMARK");
    const at = lines.findIndex((line) => line.startsWith("pod_ip"));
    expect(lines[at]?.slice(level, remark).trim()).to.equal("limited");
    expect(lines[at + 1]?.slice(0, remark).trim()).to.equal("");
    expect(`${lines[at]?.slice(remark)} ${lines[at + 1]?.slice(remark)}`).to.contain(LONG_TEXT);
    expect(lines.find((line) => line.startsWith("hostname"))?.slice(level)).to.equal("honoured");
  });

  it("says in one sentence why there is none", async () => {
    await using provider = await new ScriptedProvider({
      handshake: () => {
        throw refuse("NO_COMMON_REVISION", "this provider speaks 2");
      },
    }).start();
    expect(await rejection(look(provider.address, "text"))).to.have.property(
      "message",
      `${provider.address}: this provider speaks 2`,
    );
    expect(await rejection(look(`${provider.address}2`, "text"))).to.have.property(
      "message",
      `${provider.address}2: the provider does not answer (UNAVAILABLE)`,
    );
  });
});
