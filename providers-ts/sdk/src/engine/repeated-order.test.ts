import { expect } from "chai";
import { container, Harness, inputsFor, order, UID } from "./testing/harness.js";

const PULLED = container("c", { image: "registry.example/app:1", imagePullPolicy: "Always" });
const ALWAYS = { restartPolicy: "Always", terminationGracePeriodSeconds: 5, containers: [PULLED] };

/** The same order with everything else that a gateway may have read anew. */
async function repeat(h: Harness, inputVersion: bigint): Promise<void> {
  const { containers, ...rest } = inputsFor(ALWAYS);
  const value = Buffer.from(`of ${inputVersion}`);
  const env = [{ name: "A", value: { parts: [{ part: { $case: "literal", value } }] } }];
  const registryCredentials = [{ server: "registry.example", username: "u", password: `p${inputVersion}` }];
  const inputs = { ...rest, containers: containers.map((each) => ({ ...each, env, registryCredentials })) };
  await h.engine.createPod({ ...order(ALWAYS), inputs: inputs as never, inputVersion, specRevision: inputVersion });
  await h.advance(30_000);
}

describe("pod engine: a CreatePod that comes again", () => {
  it("neither pulls, stops nor starts anything of a pod that runs", async () => {
    await using h = await Harness.start();
    await h.create(ALWAYS);
    await h.sees("STARTED ready c=R#0");
    const made = [...h.runtime.calls];
    await repeat(h, 2n);
    expect(h.runtime.calls.slice(made.length)).to.deep.equal([]);
    await h.sees("STARTED ready c=R#0");
    expect(h.last).to.include({ inputVersion: 2n });
  });

  it("nor where the engine had lost the inputs; they serve the next instance", async () => {
    await using h = await Harness.start();
    await h.create(ALWAYS);
    await h.sees("STARTED ready c=R#0");
    await h.crash();
    await h.sees("STARTED ready needs-inputs c=R#0");
    const made = [...h.runtime.calls];
    await repeat(h, 2n);
    await h.sees("STARTED ready c=R#0");
    expect(h.runtime.calls.slice(made.length)).to.deep.equal([]);
    h.runtime.exit(UID, "c", 0, { exitCode: 1 });
    await h.sees("STARTED ready c=R#1<1");
    const env = [...h.runtime.specOf(UID, "c").env].map(([name, value]) => `${name}=${Buffer.from(value).toString()}`);
    expect(env).to.deep.equal(["A=of 2"]);
  });

  it("starts nothing of a pod that has ended", async () => {
    await using h = await Harness.start();
    await h.create({ ...ALWAYS, restartPolicy: "Never" });
    await h.sees("STARTED ready c=R#0");
    h.runtime.exit(UID, "c", 0, { exitCode: 3 });
    await h.sees("ENDED gone c=T3#0");
    const made = [...h.runtime.calls];
    await repeat(h, 2n);
    await h.sees("ENDED gone c=T3#0");
    expect(h.runtime.calls.slice(made.length)).to.deep.equal([]);
  });
});
