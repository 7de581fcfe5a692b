import { expect } from "chai";
import { pino } from "pino";
import { createManagementServer, type ManagementServer } from "./management.js";
import { createKubeletMetrics } from "./metrics.js";

describe("the management port", () => {
  let server: ManagementServer;
  let base: string;
  let stuck: string | undefined;
  let reasons: readonly string[];

  before(async () => {
    server = createManagementServer({
      port: 0,
      health: { syncLoop: () => stuck, notReady: () => reasons },
      metrics: createKubeletMetrics(),
      logger: pino({ enabled: false }),
    });
    base = `http://127.0.0.1:${(await server.listen()).port}`;
  });
  beforeEach(() => {
    stuck = undefined;
    reasons = [];
  });
  after(() => server.close());

  async function get(path: string, method = "GET"): Promise<string> {
    const answer = await fetch(base + path, { method });
    return `${answer.status} ${await answer.text()}`;
  }

  it("says that all is well", async () => {
    expect(await get("/healthz")).to.equal("200 ok");
    expect(await get("/readyz?verbose")).to.equal("200 ok");
  });

  it("says why it is not", async () => {
    stuck = "the sync loop is stuck";
    reasons = ["the provider is not connected", "no serving certificate yet"];
    expect(await get("/healthz")).to.equal("503 the sync loop is stuck\n");
    expect(await get("/readyz")).to.equal("503 the provider is not connected\nno serving certificate yet\n");
  });

  it("shows metrics of the process and of the kubelet API", async () => {
    const text = await get("/metrics");
    expect(text).to.include("process_cpu_seconds_total").and.include("outboard_kubelet_http_requests_total");
  });

  it("knows nothing else and takes no other methods", async () => {
    expect(await get("/pods")).to.equal("404 404 page not found\n");
    expect(await get("/metrics", "POST")).to.equal("405 405: Method Not Allowed");
  });
});
