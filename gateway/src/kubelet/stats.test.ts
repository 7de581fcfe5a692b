/** Usage figures over HTTPS: which answer when, and one call to the provider for all who ask. */
import { expect } from "chai";
import { ProviderError } from "../ports/provider.js";
import type { UsageSnapshot } from "../ports/stats.js";
import { eventually } from "./testing/eventually.js";
import { parseExposition } from "./testing/exposition-parser.js";
import {
  type Answer,
  createTestPki,
  providerInfo,
  type ServerUnderTest,
  startServer,
  type TestPki,
} from "./testing/server-under-test.js";
import { containerUsage, podUsage } from "./testing/usage.js";

const FIGURES: UsageSnapshot = { pods: [podUsage("uid-p", containerUsage("c", 60))] };
const PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

describe("usage over the kubelet API", () => {
  let pki: TestPki;
  const servers: ServerUnderTest[] = [];

  before(async () => {
    pki = await createTestPki();
  });
  afterEach(async () => {
    for (const { server } of servers.splice(0)) await server.close(0);
  });

  async function start(options: Parameters<typeof startServer>[1] = {}): Promise<ServerUnderTest> {
    const subject = await startServer(pki, { provider: { info: () => providerInfo(["stats"]) }, ...options });
    servers.push(subject);
    subject.stats.answer(() => FIGURES);
    return subject;
  }

  function seriesOf(answer: Answer): Readonly<Record<string, number>> {
    const samples = parseExposition(answer.body).flatMap((family) => family.samples);
    return Object.fromEntries(samples.map(({ name, value }) => [name, value]));
  }

  it("serves the summary for GET and POST", async () => {
    const subject = await start();
    for (const method of ["GET", "POST"]) {
      const answer = await subject.send(method, "/stats/summary");
      expect(answer.status).to.equal(200);
      const { node, pods } = JSON.parse(answer.body);
      expect(node.nodeName).to.equal("virtual-1");
      expect(pods[0].podRef).to.deep.equal({ name: "p", namespace: "httpcap", uid: "uid-p" });
      expect(pods[0].cpu.usageNanoCores).to.equal(1e9);
    }
    expect((await subject.send("PUT", "/stats/summary")).status).to.equal(405);
    expect((await subject.send("GET", "/stats/other")).status).to.equal(404);
  });

  it("asks the provider for CPU and memory only where no more is shown", async () => {
    const subject = await start();
    const paths = [
      "/stats/summary?only_cpu_and_memory=true",
      "/metrics/resource",
      "/stats/summary?only_cpu_and_memory=1",
    ];
    for (const path of paths) {
      await subject.send("GET", path);
      subject.clock.advance(1000);
    }
    expect(subject.stats.queries.map(({ onlyCpuAndMemory }) => onlyCpuAndMemory)).to.deep.equal([true, true, false]);
  });

  it("serves all three expositions with the type of Go's client", async () => {
    const subject = await start();
    for (const path of ["/metrics/resource", "/metrics/cadvisor", "/metrics/probes"]) {
      const answer = await subject.send("GET", path);
      expect([answer.status, answer.headers["content-type"]], path).to.deep.equal([200, PROMETHEUS]);
      expect(seriesOf(answer), path).not.to.deep.equal({});
    }
  });

  it("adds the node's metrics to the gateway's, without asking the provider where no pod has a claim", async () => {
    const subject = await start();
    await subject.send("GET", "/metrics");
    const answer = await subject.send("GET", "/metrics");
    const series = seriesOf({ ...answer, body: answer.body.replaceAll(/\n\n+/g, "\n") });
    expect(series).to.include({ kubelet_running_pods: 1, kubelet_node_name: 1 });
    expect(series).to.include.keys("outboard_kubelet_http_requests_total");
    expect(subject.stats.queries).to.deep.equal([]);
  });

  it("makes one call for all who ask at once, and none for a second after it", async () => {
    const subject = await start();
    const whole = { finish: (_snapshot: UsageSnapshot): void => {} };
    subject.stats.answer(() => new Promise((resolve) => (whole.finish = resolve)));
    const first = subject.send("GET", "/stats/summary");
    await eventually("the call", () => subject.stats.queries.length === 1);
    const others = ["/stats/summary", "/metrics/cadvisor", "/metrics/resource"].map((path) =>
      subject.send("GET", path),
    );
    whole.finish(FIGURES);
    for (const { status } of await Promise.all([first, ...others])) expect(status).to.equal(200);
    subject.clock.advance(999);
    await subject.send("GET", "/metrics/resource");
    expect(subject.stats.queries).to.have.length(1);
    subject.clock.advance(1);
    subject.stats.answer(() => FIGURES);
    await subject.send("GET", "/stats/summary");
    expect(subject.stats.queries).to.have.length(2);
  });

  it("keeps no failure, and tells of it as the kubelet does", async () => {
    const subject = await start();
    subject.stats.answer(() => {
      throw new ProviderError("the backend sleeps", { reason: "BACKEND_UNAVAILABLE" });
    });
    const summary = await subject.send("GET", "/stats/summary");
    expect([summary.status, summary.body]).to.deep.equal([
      500,
      "Internal Error: failed to list pod stats: the backend sleeps",
    ]);
    expect(seriesOf(await subject.send("GET", "/metrics/resource"))).to.deep.equal({ resource_scrape_error: 1 });
    expect(seriesOf(await subject.send("GET", "/metrics/cadvisor"))).to.deep.equal({ container_scrape_error: 1 });
    subject.stats.answer(() => FIGURES);
    expect((await subject.send("GET", "/stats/summary")).status).to.equal(200);
  });

  for (const [what, capabilities, failure] of [
    ["did not declare stats", [], undefined],
    ["does not implement what it declared", ["stats"], new ProviderError("not implemented", { reason: "CAPABILITY" })],
  ] as const) {
    it(`has empty expositions and no summary of a provider that ${what}`, async () => {
      const subject = await start({ provider: { info: () => providerInfo(capabilities) } });
      subject.stats.answer(() => {
        throw failure ?? new Error("it was called");
      });
      const summary = await subject.send("GET", "/stats/summary");
      expect([summary.status, summary.body]).to.deep.equal([501, 'the provider "memory" does not offer stats']);
      expect(seriesOf(await subject.send("GET", "/metrics/resource"))).to.deep.equal({ resource_scrape_error: 0 });
      expect(seriesOf(await subject.send("GET", "/metrics/cadvisor"))).to.include({ container_scrape_error: 0 });
    });
  }

  it("waits for a provider that is not connected yet", async () => {
    const subject = await start({ provider: { info: () => undefined } });
    const summary = await subject.send("GET", "/stats/summary");
    expect([summary.status, summary.headers["retry-after"]]).to.deep.equal([503, "1"]);
    expect(seriesOf(await subject.send("GET", "/metrics/resource"))).to.deep.equal({ resource_scrape_error: 1 });
  });

  it("ends the call when its client has left", async () => {
    const subject = await start();
    subject.stats.answer((_query, signal) => rejectOnAbort(signal));
    const client = new AbortController();
    const sent = subject.open("GET", "/stats/summary", { signal: client.signal }).catch(() => "left");
    await eventually("the call", () => subject.stats.signals.length === 1);
    client.abort();
    expect(await sent).to.equal("left");
    await eventually("the end of the call", () => subject.stats.signals[0]?.aborted === true);
  });
});

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
