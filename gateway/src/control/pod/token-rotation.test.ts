import { expect } from "chai";
import type { PodSpec } from "../../domain/kubernetes.js";
import type { Token, TokenRequest } from "../../ports/inputs.js";
import { FakeInputs } from "../testing/fake-inputs.js";
import { type ControlWorld, startControlWorld } from "../testing/world.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Gives tokens out by the rule of the API adapter: the same one until it is due, and for longer while `isAway`. */
class Tokens extends FakeInputs {
  now: () => number = () => 0;
  isAway = false;
  issued = 0;
  #last: Token | undefined;

  override async token({ expirationSeconds }: TokenRequest): Promise<Token | undefined> {
    const now = this.now();
    if (this.#last !== undefined && (this.isAway || now < this.#last.renewAt)) return this.#last;
    const lifeMs = expirationSeconds * 1000;
    const expiresAt = new Date(now + lifeMs).toISOString();
    this.#last = { token: `token ${++this.issued}`, expiresAt, renewAt: now + Math.min(DAY_MS, lifeMs * 0.8) };
    return this.#last;
  }
}

function specOf(expirationSeconds: number): Partial<PodSpec> {
  const token = { serviceAccountToken: { path: "token", expirationSeconds } };
  const volumes = [
    { name: "t", projected: { sources: [token] } },
    { name: "m", configMap: { name: "m", optional: true } },
  ];
  return { volumes };
}

async function start(expirationSeconds: number, capabilities = ["inputs.live"]) {
  const inputs = new Tokens();
  const world = startControlWorld({ inputs, capabilities });
  inputs.now = () => world.clock.now();
  world.openSession();
  const { uid } = world.api.create("p", specOf(expirationSeconds)).metadata;
  await world.clock.settle();
  world.provider.run(uid);
  await world.settle();
  return { world, inputs };
}

/** Tokens that the provider was given after the first. */
function given({ provider }: ControlWorld): readonly string[] {
  return provider.named("updateInputs").map(({ inputs }) => {
    const files = inputs?.volumes.find(({ name }) => name === "t")?.files ?? [];
    return files.map(({ content }) => Buffer.from(content).toString()).join();
  });
}

describe("the token of a running pod", () => {
  it("is replaced when four fifths of its life are over", async () => {
    const { world } = await start(3_600);
    await using _ = world;
    await world.clock.advance(0.79 * HOUR_MS);
    expect(given(world)).to.deep.equal([]);
    await world.clock.advance(0.02 * HOUR_MS);
    expect(given(world)).to.deep.equal(["token 2"]);
    await world.clock.advance(0.81 * HOUR_MS);
    expect(given(world)).to.deep.equal(["token 2", "token 3"]);
  });

  it("is replaced each day if it lives for long", async () => {
    const { world } = await start((7 * DAY_MS) / 1000);
    await using _ = world;
    await world.clock.advance(DAY_MS - 60_000);
    expect(given(world)).to.deep.equal([]);
    await world.clock.advance(120_000);
    expect(given(world)).to.deep.equal(["token 2"]);
    await world.clock.advance(2 * DAY_MS);
    expect(given(world)).to.deep.equal(["token 2", "token 3", "token 4"]);
  });

  it("is replaced no later because the inputs were resolved meanwhile", async () => {
    const { world, inputs } = await start((7 * DAY_MS) / 1000);
    await using _ = world;
    await world.clock.advance(23 * HOUR_MS);
    inputs.set("m", { k: "new" });
    await world.settle();
    expect(given(world)).to.deep.equal(["token 1"]);
    await world.clock.advance(HOUR_MS);
    expect(given(world)).to.deep.equal(["token 1", "token 2"]);
  });

  it("stays while no other can be had, and is asked for again soon", async () => {
    const { world, inputs } = await start(3_600);
    await using _ = world;
    inputs.isAway = true;
    await world.clock.advance(0.9 * HOUR_MS);
    expect(given(world)).to.deep.equal([]);
    inputs.isAway = false;
    await world.clock.advance(11_000);
    expect(given(world)).to.deep.equal(["token 2"]);
  });

  it("stays where running containers cannot see new files", async () => {
    const { world, inputs } = await start(3_600, []);
    await using _ = world;
    await world.clock.advance(2 * HOUR_MS);
    expect(inputs.issued).to.equal(1);
    expect(given(world)).to.deep.equal([]);
  });
});
