import { Code, ProviderState } from "@outboard/contract";
import { expect } from "chai";
import {
  FakeProvider,
  observerHandshake,
  openWorld,
  orderOf,
  ownerHandshake,
  reasonOf,
  refusal,
  WatchReader,
} from "../harness.test.js";

const signal = new AbortController().signal;

describe("Handshake", () => {
  it("tells who the provider is and what it can", async () => {
    await using world = await openWorld();
    const answer = await world.identity.handshake(ownerHandshake(), { signal });
    expect(answer).to.include({ revision: 1, providerName: "fake", providerVersion: "1" });
    expect(answer.capabilities).to.deep.equal(world.provider.capabilities);
    expect(answer.features).to.have.length(1);
    expect(answer.sessionId).to.match(/^[\x21-\x7e]{16,128}$/);
    expect(answer.epoch).to.not.equal("");
  });

  it("keeps instance id and epoch over handshakes, and makes each session new", async () => {
    await using world = await openWorld();
    const first = await world.identity.handshake(ownerHandshake(), { signal });
    const second = await world.identity.handshake(ownerHandshake(), { signal });
    expect([second.instanceId, second.epoch]).to.deep.equal([first.instanceId, first.epoch]);
    expect(second.sessionId).to.not.equal(first.sessionId);
  });

  it("chooses the highest revision in common", async () => {
    await using world = await openWorld(undefined, { revisions: [1, 2, 3] });
    const answer = await world.identity.handshake(ownerHandshake({ revisions: [4, 2, 1] }), { signal });
    expect(answer.revision).to.equal(2);
  });

  it("refuses when no revision is in common, and names both lists", async () => {
    await using world = await openWorld(undefined, { revisions: [99] });
    const error = await refusal(world.identity.handshake(ownerHandshake({ revisions: [1, 2] }), { signal }));
    expect([error.code, error.reason]).to.deep.equal([Code.FAILED_PRECONDITION, "NO_COMMON_REVISION"]);
    expect(error.metadata.get("gateway_revisions")).to.equal("1,2");
    expect(error.metadata.get("provider_revisions")).to.equal("99");
  });

  const broken: readonly (readonly [string, Parameters<typeof ownerHandshake>[0]])[] = [
    ["revisions", { revisions: [] }],
    ["gateway_name", { gatewayName: "" }],
    ["instance_id", { instanceId: "" }],
    ["mode", { mode: 0 }],
    ["fencing", { fencing: undefined }],
    ["fencing", { fencing: 0n }],
    ["cluster_id", { clusterId: "" }],
    ["node_name", { nodeName: "" }],
    ["node_configuration", { nodeConfiguration: undefined }],
    ["instance_id", { instanceId: "x".repeat(129) }],
  ];
  for (const [field, change] of broken) {
    it(`refuses a request without a good ${field} (${JSON.stringify(change, (_, v: unknown) => (typeof v === "bigint" ? `${v}` : v)).slice(0, 40)})`, async () => {
      await using world = await openWorld();
      const error = await refusal(world.identity.handshake(ownerHandshake(change), { signal }));
      expect([error.code, error.reason]).to.deep.equal([Code.INVALID_ARGUMENT, "BAD_REQUEST"]);
      expect(error.violations.map((violation) => violation.field)).to.deep.equal([field]);
    });
  }

  it("serves one cluster and node for the life of the process", async () => {
    await using world = await openWorld();
    await world.owner();
    const others = [{ clusterId: "other" }, { nodeName: "other" }];
    for (const other of others) {
      const error = await refusal(world.owner({ ...other, fencing: 9n }));
      expect([error.code, error.reason]).to.deep.equal([Code.FAILED_PRECONDITION, "WRONG_OWNER"]);
    }
    expect(await reasonOf(world.identity.handshake(observerHandshake({ nodeName: "other" }), { signal }))).to.equal(
      "WRONG_OWNER",
    );
  });

  it("serves the configured owner from the beginning", async () => {
    await using world = await openWorld(undefined, { owner: { clusterId: "cluster", nodeName: "mine" } });
    expect(await reasonOf(world.owner())).to.equal("WRONG_OWNER");
    expect(world.provider.calls).to.deep.equal(["start"]);
  });

  it("lets an observer look before the first owner", async () => {
    await using world = await openWorld();
    const observer = await world.observer();
    const node = await observer.node.getNode({}, observer.options);
    expect([node.state, node.inventoryComplete]).to.deep.equal([ProviderState.STARTING, false]);
  });
});

describe("sessions", () => {
  it("are needed by every other call", async () => {
    await using world = await openWorld();
    await world.owner();
    for (const id of ["", "nobody"]) {
      const caller = world.withSession(id);
      const calls = [
        caller.node.getNode({}, caller.options),
        caller.pods.createPod(orderOf("u"), caller.options),
        caller.pods.getPod({ uid: "u" }, caller.options),
        caller.pods.watchPods({ snapshotOnly: true }, caller.options),
        caller.stats.getStats({ onlyCpuAndMemory: false }, caller.options),
      ];
      for (const call of calls) {
        const error = await refusal(call);
        expect([error.code, error.reason]).to.deep.equal([Code.UNAUTHENTICATED, "SESSION"]);
      }
    }
  });

  it("refuse every change by an observer, and let it look", async () => {
    await using world = await openWorld();
    await world.owner();
    const observer = await world.observer();
    const { pods, interaction, options } = observer;
    const uid = "u";
    const changes = [
      pods.createPod(orderOf(uid), options),
      pods.stopPod({ uid, graceSeconds: 1, reason: 1 }, options),
      pods.releasePod({ uid }, options),
      pods.updateInputs({ uid, inputVersion: 2n }, options),
      pods.updatePod({ ...orderOf(uid), changes: [1] }, options),
      interaction.exec(one({ frame: undefined }), options),
      interaction.attach(one({ frame: undefined }), options),
      interaction.portForward(one({ frame: undefined }), options),
    ];
    for (const call of changes) {
      const error = await refusal(call);
      expect([error.code, error.reason]).to.deep.equal([Code.PERMISSION_DENIED, "READ_ONLY"]);
    }
    await observer.node.getNode({}, options);
    expect(await reasonOf(pods.getPod({ uid }, options))).to.equal("POD");
    expect(await new WatchReader(pods.watchPods({ snapshotOnly: true }, options)).until("snapshotEnd")).to.have.length(
      2,
    );
  });

  it("of observers end no owner, and the oldest of more than 64 is dropped", async () => {
    await using world = await openWorld();
    const owner = await world.owner();
    const first = await world.observer();
    const second = await world.observer();
    for (let count = 0; count < 63; count += 1) await world.observer();
    expect(await reasonOf(first.node.getNode({}, first.options))).to.equal("SESSION");
    await second.node.getNode({}, second.options);
    await owner.node.getNode({}, owner.options);
  });
});

describe("fencing", () => {
  it("a higher number takes over, and the old owner gets SESSION_SUPERSEDED from then on", async () => {
    await using world = await openWorld();
    const old = await world.owner();
    const watch = new WatchReader(old.pods.watchPods({ snapshotOnly: false }, old.options));
    await watch.until("snapshotEnd");
    await world.owner({ instanceId: "g2", fencing: 2n });
    for (const error of [await watch.end(), await refusal(old.pods.createPod(orderOf("u"), old.options))]) {
      expect([error.code, error.reason]).to.deep.equal([Code.ABORTED, "SESSION_SUPERSEDED"]);
    }
    expect(world.provider.calls).to.deep.equal(["start"]);
  });

  it("a lower number is refused and told the highest", async () => {
    await using world = await openWorld();
    const owner = await world.owner({ fencing: 7n });
    const error = await refusal(world.owner({ instanceId: "g2", fencing: 6n }));
    expect([error.code, error.reason]).to.deep.equal([Code.ABORTED, "SESSION_SUPERSEDED"]);
    expect(error.metadata.get("fencing")).to.equal("7");
    await owner.node.getNode({}, owner.options);
  });

  it("an equal number of another instance is refused", async () => {
    await using world = await openWorld();
    await world.owner({ fencing: 7n });
    expect(await reasonOf(world.owner({ instanceId: "g2", fencing: 7n }))).to.equal("SESSION_SUPERSEDED");
  });

  it("a second handshake of the same instance ends its first session", async () => {
    await using world = await openWorld();
    const first = await world.owner();
    const watch = new WatchReader(first.pods.watchPods({ snapshotOnly: false }, first.options));
    await watch.until("snapshotEnd");
    const second = await world.owner();
    const error = await watch.end();
    expect([error.code, error.reason]).to.deep.equal([Code.UNAUTHENTICATED, "SESSION"]);
    expect(await reasonOf(first.node.getNode({}, first.options))).to.equal("SESSION");
    await second.node.getNode({}, second.options);
  });

  it("at least 64 superseded sessions are remembered", async () => {
    await using world = await openWorld();
    const first = await world.owner();
    for (let number = 2; number <= 65; number += 1)
      await world.owner({ instanceId: `g${number}`, fencing: BigInt(number) });
    expect(await reasonOf(first.node.getNode({}, first.options))).to.equal("SESSION_SUPERSEDED");
  });

  it("a change that waits for its turn is refused when its owner is superseded meanwhile", async () => {
    const provider = new FakeProvider();
    const gate = Promise.withResolvers<void>();
    provider.on.stopPod = async () => await gate.promise;
    await using world = await openWorld(provider);
    const old = await world.owner();
    await old.pods.createPod(orderOf("u"), old.options);
    const stop = old.pods.stopPod({ uid: "u", graceSeconds: 5, reason: 1 }, old.options);
    const waiting = reasonOf(old.pods.stopPod({ uid: "u", graceSeconds: 1, reason: 1 }, old.options));
    await world.owner({ instanceId: "g2", fencing: 2n });
    gate.resolve();
    await stop;
    expect(await waiting).to.equal("SESSION_SUPERSEDED");
    expect(provider.calls.filter((call) => call.startsWith("stop"))).to.have.length(1);
  });

  it("a lost session leaves pods alone", async () => {
    await using world = await openWorld();
    const old = await world.owner();
    await old.pods.createPod(orderOf("u"), old.options);
    const next = await world.owner({ instanceId: "g2", fencing: 2n });
    const { pod } = await next.pods.getPod({ uid: "u" }, next.options);
    expect(pod?.uid).to.equal("u");
  });
});

async function* one<T>(value: T): AsyncGenerator<T> {
  yield value;
}
