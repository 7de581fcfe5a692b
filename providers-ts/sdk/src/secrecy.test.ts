import { type ExecRequest, PodInputs, type StatusError } from "@outboard/contract";
import { expect } from "chai";
import { SystemClock } from "./clock/system-clock.js";
import { FakeProvider, openWorld, orderOf, refusal } from "./harness.test.js";

const CANARY = "canary-4f6c1e";

/** A pod full of secrets: manifest, environment, files, credentials. */
function secretOrder(uid: string) {
  const bytes = Buffer.from(CANARY);
  const inputs = PodInputs.create({
    containers: [
      {
        name: "c",
        env: [{ name: "PASSWORD", value: { parts: [{ part: { $case: "literal", value: bytes } }] } }],
        registryCredentials: [{ serverAddress: "r", username: CANARY, password: CANARY, identityToken: CANARY }],
      },
    ],
    volumes: [{ name: "v", files: [{ path: "token", content: bytes, sha256: new Uint8Array(32), sensitive: true }] }],
  });
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { uid, name: "p", namespace: "ns" },
    spec: { secret: CANARY },
  };
  return orderOf(uid, { inputs, manifest: { json: Buffer.from(JSON.stringify(pod)) } });
}

async function* execOf(command: readonly string[]): AsyncGenerator<ExecRequest> {
  const value = { uid: "u", container: "c", command, tty: false, stdin: false, stdout: true, stderr: true };
  yield { frame: { $case: "start", value } };
}

function textsOf(error: StatusError): string {
  return JSON.stringify([error.message, error.reason, [...error.metadata], error.violations]);
}

describe("secrets", () => {
  it("of pods and commands reach neither the log nor an error, whatever fails", async () => {
    const provider = new FakeProvider();
    const leak = async () => await Promise.reject(new Error(`the library says ${CANARY}`));
    await using world = await openWorld(provider, { clock: new SystemClock() });
    const { pods, interaction, options, sessionId } = await world.owner();
    await pods.createPod(secretOrder("u"), options);
    Object.assign(provider.on, {
      createPod: leak,
      stopPod: leak,
      releasePod: leak,
      updateInputs: leak,
      updatePod: leak,
    });
    provider.on.exec = async function* () {
      yield* [];
      throw Object.assign(new Error(CANARY), { stdout: CANARY });
    };
    const broken = secretOrder("w");
    const errors = [
      await refusal(pods.createPod(secretOrder("x"), options)),
      await refusal(pods.createPod({ ...broken, manifest: { json: Buffer.from(`{"${CANARY}`) } }, options)),
      await refusal(pods.createPod({ ...broken, specDigest: Buffer.from(CANARY) }, options)),
      await refusal(pods.createPod({ ...broken, inputs: PodInputs.create({ hostname: CANARY.repeat(9) }) }, options)),
      await refusal(pods.updateInputs({ ...secretOrder("u"), inputVersion: 2n }, options)),
      await refusal(pods.stopPod({ uid: "u", graceSeconds: 1, reason: 1 }, options)),
      await refusal(interaction.exec(execOf([CANARY]), options)),
      await refusal(interaction.exec(execOf([CANARY.repeat(20_000)]), options)),
    ];
    for (const error of errors) expect(textsOf(error)).to.not.contain(CANARY);
    expect(world.log()).to.contain("call failed").and.not.contain(CANARY).and.not.contain(sessionId);
  });

  it("in a session id that is wrong are not repeated", async () => {
    await using world = await openWorld();
    const { node, options } = world.withSession(CANARY);
    expect(textsOf(await refusal(node.getNode({}, options)))).to.not.contain(CANARY);
    expect(world.log()).to.not.contain(CANARY);
  });

  it("in a start that fails are not logged", async () => {
    const provider = new FakeProvider();
    provider.on.start = async () => {
      throw new Error(CANARY);
    };
    await using world = await openWorld(provider);
    await world.owner();
    await new Promise((resolve) => setImmediate(resolve));
    expect(world.log()).to.contain("provider start failed").and.not.contain(CANARY);
  });

  it("in what a provider publishes by mistake are not logged", async () => {
    await using world = await openWorld();
    await world.owner();
    world.provider.publish("u", { backendId: CANARY, failure: { reason: "R", message: CANARY } });
    expect(world.log()).to.not.contain(CANARY);
  });
});
