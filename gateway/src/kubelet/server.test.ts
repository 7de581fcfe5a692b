import { Agent } from "node:https";
import { connect as connectTcp } from "node:net";
import { connect } from "node:tls";
import { expect } from "chai";
import { pino } from "pino";
import type { TokenVerdict } from "../ports/auth.js";
import { eventually } from "./testing/eventually.js";
import { createPod, createPodView, RUNNING } from "./testing/pods.js";
import {
  createTestPki,
  type SendOptions,
  type ServerUnderTest,
  startServer,
  type TestPki,
} from "./testing/server-under-test.js";
import { createRouteTable } from "./routes.js";
import { createKubeletServer, type KubeletServerOptions } from "./server.js";
import { createStreamSlots } from "./stream-slots.js";

const TOKEN = "canary-token-5f1c";

describe("the kubelet API", () => {
  let pki: TestPki;
  const running: ServerUnderTest[] = [];

  before(async () => {
    pki = await createTestPki();
  });
  afterEach(async () => {
    for (const { server } of running.splice(0)) await server.close(0);
  });

  async function start(options: Partial<KubeletServerOptions> = {}): Promise<ServerUnderTest> {
    const subject = await startServer(pki, options);
    running.push(subject);
    return subject;
  }

  const withToken: SendOptions = { as: "nobody-at-all", headers: { Authorization: `Bearer ${TOKEN}` } };
  const asMaster: TokenVerdict = {
    kind: "authenticated",
    user: { name: "root", uid: "", groups: ["system:masters"], extra: {} },
  };

  it("asks for the subresources of each path, in the kubelet's order", async () => {
    const subject = await start();
    const expected = {
      "/pods": "pods proxy",
      "/runningpods/": "pods proxy",
      "/healthz/ping": "healthz proxy",
      "/configz": "configz proxy",
      "/stats/summary": "stats",
      "/metrics": "metrics",
      "/metrics/resource": "metrics",
      "/logs/syslog": "log",
      "/checkpoint/a/b/c": "checkpoint",
      "/exec/a/b/c": "proxy",
      "/debug/flags/v": "proxy",
    };
    for (const [path, subresources] of Object.entries(expected)) {
      subject.questions.length = 0;
      subject.clock.advance(30_000);
      await subject.send("GET", path, { as: pki.nobody });
      expect(subject.questions.map(({ subresource }) => subresource).join(" "), path).to.equal(subresources);
    }
    expect(subject.questions[0]?.user.groups).to.deep.equal(["system:authenticated"]);
  });

  it("tells nothing on any path to callers without credentials or permission", async () => {
    const subject = await start();
    const view = { pods: createPodView(), provider: { info: () => undefined }, configz: () => ({}) };
    const { logs, streams, stats, metrics, clock } = subject;
    const health = { syncLoop: () => undefined, notReady: () => [] };
    const slots = createStreamSlots(() => 1);
    const logger = pino({ enabled: false });
    const table = createRouteTable({
      ...view,
      nodeName: "n",
      logs,
      streams,
      stats,
      metrics,
      clock,
      health,
      slots,
      logger,
    });
    expect(table.length).to.be.greaterThan(15);
    for (const { root } of table) {
      for (const method of ["GET", "POST", "DELETE"]) {
        const anonymous = await subject.send(method, root, { as: "nobody-at-all" });
        expect([anonymous.status, anonymous.body], `${method} ${root}`).to.deep.equal([401, "Unauthorized"]);
        const nobody = await subject.send(method, root, { as: pki.nobody });
        expect(nobody.status, `${method} ${root}`).to.equal(403);
      }
    }
  });

  it("takes a good token without a certificate, or beside a bad one", async () => {
    const subject = await start({ tokens: { reviewToken: async () => asMaster } });
    expect((await subject.send("GET", "/pods", withToken)).status).to.equal(200);
    expect((await subject.send("GET", "/pods", { ...withToken, as: pki.serving })).status).to.equal(200);
  });

  it("answers 401 when a token cannot be reviewed, and never shows the token", async () => {
    const subject = await start({
      tokens: {
        reviewToken: async (token) => {
          throw new Error(`cannot post ${token}`);
        },
      },
    });
    const answer = await subject.send("GET", "/pods", withToken);
    expect([answer.status, answer.body]).to.deep.equal([401, "Unauthorized"]);
    expect(subject.logLines.join()).to.include("cannot post [token]").and.not.include(TOKEN);
  });

  it("answers 500 with the kubelet's text when access cannot be reviewed", async () => {
    const reviewAccess = async (): Promise<boolean> => {
      throw new Error("no API server");
    };
    const subject = await start({ authorization: { kind: "webhook", reviewer: { reviewAccess } } });
    const answer = await subject.send("GET", "/pods");
    expect([answer.status, answer.body]).to.deep.equal([
      500,
      "Authorization error (user=admin, verb=get, resource=nodes, subresource=pods)",
    ]);
  });

  it("is not made without any means of recognition", async () => {
    const { certificates, clock, logs, streams, stats, metrics } = await start();
    const rest = {
      nodeName: "n",
      host: "127.0.0.1",
      port: 0,
      pods: createPodView(),
      provider: { info: () => undefined },
    };
    const health = { syncLoop: () => undefined, notReady: () => [] };
    const logger = pino({ enabled: false });
    const common = { ...rest, certificates, clock, logs, streams, stats, metrics, health, logger };
    expect(() => createKubeletServer({ ...common, authorization: { kind: "always-allow" } })).to.throw(
      "no anonymous callers",
    );
  });

  it("allows everything only on loopback, and only to callers it knows", async () => {
    const authorization = { kind: "always-allow" } as const;
    const refusal = await start({ authorization, host: "0.0.0.0" }).catch((error: unknown) => error);
    expect(refusal).to.be.an("error").with.property("message").that.includes("only on loopback");
    const subject = await start({ authorization });
    expect((await subject.send("GET", "/pods", { as: pki.nobody })).status).to.equal(200);
    expect((await subject.send("GET", "/pods", { as: "nobody-at-all" })).status).to.equal(401);
  });

  it("lists the API's pods without kinds, and of those that run their running containers", async () => {
    const idle = { pod: createPod("idle"), status: undefined };
    const subject = await start({ pods: createPodView({ pod: createPod("p"), status: RUNNING }, idle) });
    const pods = JSON.parse((await subject.send("GET", "/pods")).body) as { items: Record<string, unknown>[] };
    expect(pods.items).to.have.length(2);
    expect(pods.items[0]).to.have.keys("metadata", "spec");
    expect(JSON.parse((await subject.send("GET", "/runningpods/")).body)).to.deep.equal({
      kind: "PodList",
      apiVersion: "v1",
      metadata: {},
      items: [
        {
          metadata: { name: "p", namespace: "httpcap", uid: "uid-p" },
          spec: { containers: [{ name: "c", image: "sha256:1", resources: {} }] },
          status: {},
        },
      ],
    });
  });

  it("tells why it is unhealthy to its log only", async () => {
    const subject = await start({ health: { syncLoop: () => "stuck since 12:00", notReady: () => [] } });
    const answer = await subject.send("GET", "/healthz?exclude=x");
    expect(answer.status).to.equal(500);
    expect(answer.body).to.equal(
      "[+]ping ok\n[+]log ok\n[-]syncloop failed: reason withheld\n" +
        'warn: some health checks cannot be excluded: no matches for "x"\nhealthz check failed\n',
    );
    expect(subject.logLines.join()).to.include("stuck since 12:00");
    expect((await subject.send("GET", "/healthz?exclude=syncloop&verbose")).body).to.equal(
      "[+]ping ok\n[+]log ok\n[+]syncloop excluded: ok\nhealthz check passed\n",
    );
    expect((await subject.send("GET", "/healthz/syncloop")).body).to.equal(
      "internal server error: stuck since 12:00\n",
    );
  });

  it("cuts the oldest of too many connections without credentials, and none of a caller that it knows", async () => {
    const subject = await start({ maxStrangers: 3 });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const answered = async (): Promise<number> => (await subject.send("GET", "/healthz", { agent })).status;
    expect(await answered()).to.equal(200);
    const cut: number[] = [];
    const strangers = Array.from({ length: 5 }, (_, index) =>
      connectTcp(subject.port, "127.0.0.1")
        .on("error", () => {})
        .on("close", () => cut.push(index)),
    );
    await eventually("two are cut", () => cut.length === 2);
    expect(cut).to.have.members([0, 1]);
    expect(await answered()).to.equal(200);
    expect((await subject.send("GET", "/healthz")).status).to.equal(200);
    for (const socket of strangers) socket.destroy();
    agent.destroy();
  });

  it("counts the health checks of requests for all of them at /metrics/slis, until they are reset", async () => {
    let why: string | undefined;
    const subject = await start({ health: { syncLoop: () => why, notReady: () => [] } });
    const counts = async (): Promise<readonly string[]> => {
      const { body } = await subject.send("GET", "/metrics/slis");
      return body.split("\n").filter((each) => each.includes("syncloop"));
    };
    expect(await counts()).to.deep.equal([]);
    await subject.send("GET", "/healthz");
    await subject.send("GET", "/healthz/syncloop");
    await subject.send("GET", "/healthz?exclude=syncloop");
    why = "it hangs";
    await subject.send("GET", "/healthz");
    expect(await counts()).to.deep.equal([
      'kubernetes_healthcheck{name="syncloop",type="healthz"} 0',
      'kubernetes_healthchecks_total{name="syncloop",type="healthz",status="success"} 1',
      'kubernetes_healthchecks_total{name="syncloop",type="healthz",status="error"} 1',
    ]);
    expect((await subject.send("DELETE", "/metrics/slis")).body).to.equal("metrics reset\n");
    expect(await counts()).to.deep.equal([]);
  });

  it("answers a route that breaks with 500 and serves the next", async () => {
    const list = (): never => {
      throw new Error("broken");
    };
    const subject = await start({ pods: { list, find: () => undefined } });
    const answer = await subject.send("GET", "/pods");
    expect([answer.status, answer.body]).to.deep.equal([500, "Internal Server Error\n"]);
    expect((await subject.send("GET", "/healthz")).status).to.equal(200);
  });

  /** Writes raw bytes and reads until the server closes. */
  function raw(subject: ServerUnderTest, bytes: string): Promise<string> {
    return new Promise((resolve) => {
      const { cert, key } = pki.admin;
      const socket = connect({ host: "127.0.0.1", port: subject.port, rejectUnauthorized: false, cert, key });
      let text = "";
      socket.on("data", (data) => {
        text += data.toString();
      });
      socket.on("error", () => {});
      socket.once("close", () => resolve(text));
      socket.write(bytes);
    });
  }

  it("answers malformed requests with 400 and goes on for others", async () => {
    const subject = await start();
    expect(await raw(subject, "NOT HTTP AT ALL\r\n\r\n")).to.match(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(await raw(subject, "GET /a%zz HTTP/1.1\r\nHost: n\r\n\r\n")).to.match(/^HTTP\/1\.1 400 Bad Request\r\n/);
    const huge = `GET / HTTP/1.1\r\nHost: n\r\nX: ${"x".repeat((1 << 20) + 1000)}\r\n\r\n`;
    expect(await raw(subject, huge)).to.match(/^HTTP\/1\.1 431 /);
    expect((await subject.send("GET", "/healthz")).status).to.equal(200);
  });

  it("sends unclean paths to their clean form before anything else", async () => {
    const subject = await start();
    const answer = await subject.send("GET", "/stats/../pods?a=1", { as: "nobody-at-all" });
    expect([answer.status, answer.headers.location]).to.deep.equal([307, "/pods?a=1"]);
  });

  it("does not reach one route by the permission of another", async () => {
    const subject = await start();
    const path = "/stats/%2e%2e/containerLogs/httpcap/p/c";
    expect((await subject.send("GET", path)).body).to.equal("404: Page Not Found");
    expect(subject.questions.map(({ subresource }) => subresource)).to.deep.equal(["stats"]);
    expect(subject.logs.queries).to.deep.equal([]);
  });

  const UPGRADE = "Host: n\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n";

  it("refuses upgrades with 501 naming the provider and the capability, after authorization", async () => {
    const subject = await start();
    const text = await raw(subject, `POST /exec/httpcap/p/c?command=ls&output=1 HTTP/1.1\r\n${UPGRADE}`);
    expect(text).to.match(/^HTTP\/1\.1 501 Not Implemented\r\n/);
    expect(text).to.match(/\r\n\r\nthe provider "memory" does not offer exec$/);
    const upgrade = { Connection: "Upgrade", Upgrade: "SPDY/3.1" };
    const anonymous = { as: "nobody-at-all", headers: upgrade } as const;
    expect((await subject.send("POST", "/exec/httpcap/p/c", anonymous)).status).to.equal(401);
    expect((await subject.send("POST", "/exec/httpcap/p/c", { as: pki.nobody, headers: upgrade })).status).to.equal(
      403,
    );
  });

  it("counts requests by route, method and code, with few values each", async () => {
    const subject = await start();
    for (const path of ["/pods", "/nope/1", "/nope/2", "/containerLogs/httpcap/p/c"]) await subject.send("GET", path);
    await subject.send("PROPFIND", "/pods");
    await subject.send("GET", "/pods", { as: "nobody-at-all" });
    const text = (await subject.send("GET", "/metrics")).body;
    const count = (route: string, method: string, code: number): string =>
      `outboard_kubelet_http_requests_total{route="${route}",method="${method}",code="${code}"}`;
    expect(text).to.include(`${count("pods", "GET", 200)} 1`);
    expect(text).to.include(`${count("unknown", "GET", 404)} 2`);
    expect(text).to.include(`${count("containerLogs", "GET", 200)} 1`);
    expect(text).to.include(`${count("pods", "other", 405)} 1`);
    expect(text).to.include('outboard_kubelet_authentication_total{method="none",result="refused"} 1');
    expect(text).to.not.include("httpcap");
  });

  it("logs requests without their queries", async () => {
    const subject = await start();
    await subject.send("POST", "/exec/httpcap/p/c?command=login&command=canary-password");
    await eventually("the request is logged", () =>
      subject.logLines.some((text) => text.includes("/exec/httpcap/p/c")),
    );
    expect(subject.logLines.join()).to.not.include("canary-password");
  });
});
