import { expect } from "chai";
import { calm, rejection, startRig, TestService } from "./harness.test.js";
import { addHealth, checkHealth } from "./health.js";
import { connect } from "./client.js";
import type { MessageCodec } from "./definition.js";
import { Code } from "./status.js";

const bytes: MessageCodec<Uint8Array> = {
  encode: (value) => ({ finish: () => value }),
  decode: (value) => Uint8Array.from(value),
};
/** The service over raw bytes, as another implementation sees it. */
const RawHealth = {
  fullName: "grpc.health.v1.Health",
  methods: {
    check: { name: "Check", requestType: bytes, requestStream: false, responseType: bytes, responseStream: false },
    watch: { name: "Watch", requestType: bytes, requestStream: false, responseType: bytes, responseStream: true },
  },
} as const;

describe("health", () => {
  it("says that the server and its services serve", async () => {
    await using rig = await startRig();
    addHealth(rig.server, [TestService.fullName]);
    expect(await checkHealth(rig.channel, calm())).to.equal("SERVING");
    expect(await checkHealth(rig.channel, { ...calm(), service: TestService.fullName })).to.equal("SERVING");
  });

  it("says what was set, and SERVICE_UNKNOWN for a service that is not there", async () => {
    await using rig = await startRig();
    const health = addHealth(rig.server, ["a"]);
    health.set("a", false);
    expect(await checkHealth(rig.channel, { ...calm(), service: "a" })).to.equal("NOT_SERVING");
    expect(await checkHealth(rig.channel, { ...calm(), service: "b" })).to.equal("SERVICE_UNKNOWN");
    expect(() => health.set("b", true)).to.throw('there is no service "b"');
  });

  it("rejects with UNIMPLEMENTED where there is no health service", async () => {
    await using rig = await startRig();
    expect(await rejection(checkHealth(rig.channel, calm()))).to.include({ code: Code.UNIMPLEMENTED });
  });

  it("speaks the bytes of grpc.health.v1", async () => {
    await using rig = await startRig();
    addHealth(rig.server, ["a"]);
    const client = connect(RawHealth, rig.channel);
    expect(await client.check(Uint8Array.of(), calm())).to.deep.equal(Uint8Array.of(8, 1));
    expect(await client.check(Uint8Array.of(10, 1, 97), calm())).to.deep.equal(Uint8Array.of(8, 1));
    expect(await rejection(client.check(Uint8Array.of(10, 1, 98), calm()))).to.include({ code: Code.NOT_FOUND });
  });

  it("streams every change, and NOT_SERVING when the server stops", async () => {
    await using rig = await startRig();
    const health = addHealth(rig.server, ["a"]);
    const changes = connect(RawHealth, rig.channel).watch(Uint8Array.of(10, 1, 97), calm());
    const answers = changes[Symbol.asyncIterator]();
    expect((await answers.next()).value).to.deep.equal(Uint8Array.of(8, 1));
    health.set("a", false);
    expect((await answers.next()).value).to.deep.equal(Uint8Array.of(8, 2));
    health.set("a", true);
    expect((await answers.next()).value).to.deep.equal(Uint8Array.of(8, 1));
    const stopped = rig.server.shutdown(2_000);
    expect((await answers.next()).value).to.deep.equal(Uint8Array.of(8, 2));
    expect((await answers.next()).done).to.equal(true);
    await stopped;
  });

  it("watches a service that is not there", async () => {
    await using rig = await startRig();
    addHealth(rig.server, []);
    const changes = connect(RawHealth, rig.channel).watch(Uint8Array.of(10, 1, 97), calm());
    const answers = changes[Symbol.asyncIterator]();
    expect((await answers.next()).value).to.deep.equal(Uint8Array.of(8, 3));
    await answers.return?.();
  });
});
