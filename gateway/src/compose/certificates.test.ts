import { expect } from "chai";
import { pino } from "pino";
import type { Kube } from "../kube/connect.js";
import { createManualClock } from "../testing/manual-clock.js";
import { clusterCertificates } from "./certificates.js";

const HOUR_MS = 3_600_000;

describe("a certificate from the cluster", () => {
  function setup(failures = 0) {
    const clock = createManualClock();
    const asked: number[] = [];
    const servingCertificate = async () => {
      asked.push(clock.now());
      if (asked.length <= failures) throw new Error("denied");
      return { cert: `cert ${asked.length}`, key: "key", notAfter: new Date(clock.now() + 10 * HOUR_MS) };
    };
    const kube = { servingCertificate } as unknown as Kube;
    const source = clusterCertificates({ kube, addresses: () => [], clock, logger: pino({ level: "silent" }) });
    const changes: (string | undefined)[] = [];
    source.onChange(() => changes.push(source.current()?.cert));
    const stop = new AbortController();
    const running = source.run?.(stop.signal) ?? Promise.resolve();
    return { clock, asked, source, changes, end: async () => (stop.abort(), await running) };
  }

  it("is asked for at once, and again before its end, so that the port never shows an expired one", async () => {
    const { clock, asked, source, changes, end } = setup();
    expect(source.current()).to.equal(undefined);
    await clock.settle();
    expect(source.current()?.cert).to.equal("cert 1");
    await clock.advance(7.9 * HOUR_MS);
    expect(changes).to.deep.equal(["cert 1"]);
    await clock.advance(0.2 * HOUR_MS);
    expect(changes).to.deep.equal(["cert 1", "cert 2"]);
    await clock.advance(30 * HOUR_MS);
    const gaps = asked.slice(1).map((at, index) => at - (asked[index] ?? 0));
    expect(Math.max(...gaps)).to.be.lessThan(10 * HOUR_MS);
    await end();
  });

  it("is asked for again after a refusal, the one in use kept", async () => {
    const { clock, changes, source, end } = setup(2);
    await clock.settle();
    expect(source.current()).to.equal(undefined);
    await clock.advance(60_000);
    expect(changes).to.deep.equal(["cert 3"]);
    await end();
  });
});
