import { connect as connectTcp } from "node:net";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { Agent } from "node:https";
import { expect } from "chai";
import { eventually } from "./testing/eventually.js";
import { createAuthority, createClient, createServing } from "./testing/pki.js";
import { createTestPki, type ServerUnderTest, startServer, type TestPki } from "./testing/server-under-test.js";

const HOUR_MS = 3_600_000;

describe("the kubelet API's TLS", () => {
  let pki: TestPki;
  let subject: ServerUnderTest;

  before(async () => {
    pki = await createTestPki();
  });
  beforeEach(async () => {
    subject = await startServer(pki);
  });
  afterEach(() => subject.server.close(0));

  /** The common name that the server shows, or why there is no connection. */
  function handshake(options: ConnectionOptions = {}): Promise<string> {
    return new Promise((resolve) => {
      const socket: TLSSocket = connect({
        host: "127.0.0.1",
        port: subject.port,
        rejectUnauthorized: false,
        ...options,
      });
      socket.once("secureConnect", () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      });
      socket.once("error", (error: NodeJS.ErrnoException) => resolve(`refused: ${error.code}`));
    });
  }

  it("takes TLS 1.2 and 1.3", async () => {
    expect(await handshake({ maxVersion: "TLSv1.2" })).to.equal("node");
    expect(await handshake({ minVersion: "TLSv1.3" })).to.equal("node");
  });

  it("refuses older versions and weak ciphers", async () => {
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    expect(await handshake(old)).to.match(/^refused/);
    expect(await handshake({ maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA" })).to.match(/^refused/);
    const text = await subject.metrics.registry.metrics();
    expect(text).to.include("outboard_kubelet_tls_errors_total 2");
  });

  it("refuses handshakes until there is a certificate, and then serves with it", async () => {
    subject.certificates.set(undefined);
    expect(await handshake()).to.match(/^refused/);
    subject.certificates.set(await createServing(pki.authority, "late"));
    expect(await handshake()).to.equal("late");
  });

  it("serves new connections with a new certificate and keeps the open ones", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await subject.send("GET", "/healthz", { agent })).status).to.equal(200);
    subject.certificates.set(await createServing(pki.authority, "second"));
    expect((await subject.send("GET", "/healthz", { agent })).status).to.equal(200);
    expect(await handshake()).to.equal("second");
    agent.destroy();
  });

  it("keeps the old certificate when the new one is broken", async () => {
    subject.certificates.set({ cert: "nonsense", key: "nonsense" });
    expect(await handshake()).to.equal("node");
    expect(subject.logLines.join()).to.include("cannot be used; the old one stays");
  });

  it("judges clients by a new authority at once, on open connections too", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await subject.send("GET", "/healthz", { agent })).status).to.equal(200);
    const other = await createAuthority("other-ca");
    subject.clientCa.set(other.cert);
    expect((await subject.send("GET", "/healthz", { agent })).status).to.equal(401);
    const as = await createClient(other, "new-admin", { organizations: ["system:masters"] });
    expect((await subject.send("GET", "/healthz", { as })).status).to.equal(200);
    agent.destroy();
  });

  it("refuses a certificate that expires while its connection is open", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await subject.send("GET", "/healthz", { agent })).status).to.equal(200);
    subject.clock.advance(2 * HOUR_MS);
    expect((await subject.send("GET", "/healthz", { agent })).status).to.equal(401);
    agent.destroy();
  });

  it("takes a client whose authority is sent along", async () => {
    const middle = await createAuthority("middle", { issuer: pki.authority });
    const leaf = await createClient(middle, "a", { organizations: ["system:masters"] });
    expect((await subject.send("GET", "/healthz", { as: leaf })).status).to.equal(401);
    const as = { ...leaf, cert: `${leaf.cert}\n${middle.cert}` };
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await subject.send("GET", "/healthz", { as, agent })).status).to.equal(200);
    subject.clientCa.set(`${pki.authority.cert}\n${(await createAuthority("other")).cert}`);
    expect((await subject.send("GET", "/healthz", { as, agent })).status).to.equal(200);
    agent.destroy();
  });

  it("refuses certificates that are not for clients, but takes the connection", async () => {
    expect((await subject.send("GET", "/healthz", { as: pki.serving })).status).to.equal(401);
  });

  it("goes on serving while a connection never shakes hands", async () => {
    const silent = connectTcp(subject.port, "127.0.0.1");
    await new Promise((resolve) => silent.once("connect", resolve));
    expect((await subject.send("GET", "/healthz")).status).to.equal(200);
    const closed = subject.server.close(1000);
    silent.on("error", () => {});
    await eventually("the server waits for its deadline", () => subject.clock.sleepers() > 0);
    subject.clock.advance(1000);
    await closed;
    silent.destroy();
  });
});
