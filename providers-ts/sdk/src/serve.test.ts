import { statSync } from "node:fs";
import { checkHealth, openChannel } from "@outboard/contract";
import { expect } from "chai";
import { pino } from "pino";
import { FakeProvider, openWorld } from "./harness.test.js";
import { serve } from "./serve.js";

const signal = new AbortController().signal;
const logger = pino({ level: "silent" });

async function problemOf(listen: string): Promise<string> {
  return await serve(new FakeProvider(), { listen, logger }).then(
    async (served) => {
      await served[Symbol.asyncDispose]();
      return "";
    },
    (error: Error) => error.message,
  );
}

describe("serve", () => {
  it("makes a socket that only its owner may use", async () => {
    await using world = await openWorld();
    if (world.address.kind !== "unix") throw new Error("a UNIX socket was asked for");
    expect(statSync(world.address.path).mode & 0o777).to.equal(0o600);
  });

  it("answers health without a session, for the process and each service", async () => {
    await using world = await openWorld();
    using channel = openChannel({ address: world.address });
    expect(await checkHealth(channel, { signal })).to.equal("SERVING");
    expect(await checkHealth(channel, { signal, service: "outboard.provider.v1.PodService" })).to.equal("SERVING");
    expect(await checkHealth(channel, { signal, service: "other" })).to.equal("SERVICE_UNKNOWN");
  });

  it("refuses plain TCP unless it is told to be insecure", async () => {
    expect(await problemOf("tcp://127.0.0.1:0")).to.contain("insecure");
    await using served = await serve(new FakeProvider(), {
      listen: "tcp://127.0.0.1:0",
      logger,
      security: { kind: "insecure" },
    });
    expect(served.address.kind === "tcp" && served.address.port).to.be.greaterThan(0);
  });

  it("names an address that it cannot use", async () => {
    expect(await problemOf("http://x")).to.contain("http://x");
  });
});
