import { X509Certificate } from "node:crypto";
import { expect } from "chai";
import { createServingRequest } from "./certificate-request.js";
import { createSelfSigned } from "../testing/self-signed.js";
import { requestServingCertificate } from "./serving-certificate.js";
import { ManualClock } from "./testing/manual-clock.js";
import { hangUp, json, type Reply } from "./testing/scripted-api-server.js";
import { type ScriptedKube, startScriptedKube, until } from "./testing/scripted-kube.js";

const REQUEST = { nodeName: "n", addresses: [{ type: "InternalIP", address: "10.0.0.1" }] };

function answered(status: object): Reply {
  return json({ metadata: { name: "csr-x" }, status });
}

describe("requestServingCertificate", () => {
  let kube: ScriptedKube;
  let clock: ManualClock;
  let signal: AbortSignal; // from the start of each test: others may have run for long
  beforeEach(() => {
    signal = AbortSignal.timeout(30_000);
  });

  beforeEach(async () => {
    kube = await startScriptedKube();
    clock = new ManualClock();
  });

  afterEach(() => kube[Symbol.asyncDispose]());

  it("asks the kubelet-serving signer with just the two usages that a P-256 key may have", async () => {
    const { cert } = await createSelfSigned(["n"], clock.now());
    const certificate = Buffer.from(cert).toString("base64");
    kube.server.script(answered({}), answered({}), hangUp, hangUp, answered({ certificate }));
    const pending = requestServingCertificate({ http: kube.http, clock }, REQUEST, signal);
    for (const delayMs of [500, 1_000]) {
      await until("a pause", () => clock.waits[0] === delayMs);
      clock.advance(delayMs);
    }
    const issued = await pending;
    expect(issued.cert).to.equal(cert);
    expect(issued.notAfter).to.deep.equal(new X509Certificate(cert).validToDate);
    const { spec } = JSON.parse(kube.server.received[0]?.body ?? "") as { spec: Record<string, unknown> };
    expect(spec["signerName"]).to.equal("kubernetes.io/kubelet-serving");
    expect(spec["usages"]).to.deep.equal(["digital signature", "server auth"]);
    expect(spec).to.not.have.property("expirationSeconds");
  });

  it("says why when the request is denied", async () => {
    kube.server.script(answered({ conditions: [{ type: "Denied", message: "not you" }] }));
    const message = await requestServingCertificate({ http: kube.http, clock }, REQUEST, signal).catch(
      (error: Error) => error.message,
    );
    expect(message).to.equal("the CertificateSigningRequest csr-x was answered with Denied: not you");
  });

  it("gives up when nobody approves in time, and says what to do", async () => {
    kube.server.script(answered({}));
    const pending = requestServingCertificate({ http: kube.http, clock }, { ...REQUEST, waitMs: 500 }, signal).catch(
      (error: Error) => error.message,
    );
    await until("a pause", () => clock.waits.length === 1);
    clock.advance(500);
    expect(await pending).to.contain(
      "csr-x was not approved in time; approve requests of kubernetes.io/kubelet-serving",
    );
  });
});

describe("createServingRequest", () => {
  it("puts the node's identity and its addresses, each once and sorted, into the request", async () => {
    const { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } = await import("@peculiar/x509");
    const { request, key } = await createServingRequest("n", [
      { type: "Hostname", address: "n" },
      { type: "InternalIP", address: "10.0.0.2" },
      { type: "InternalIP", address: "10.0.0.1" },
      { type: "InternalDNS", address: "n" },
      { type: "InternalDNS", address: "a.example" },
    ]);
    const parsed = new Pkcs10CertificateRequest(request);
    expect(await parsed.verify()).to.equal(true);
    expect(parsed.subject).to.equal("O=system:nodes, CN=system:node:n");
    const names = parsed.extensions.find((extension) => extension instanceof SubjectAlternativeNameExtension);
    expect(names?.names.toJSON()).to.deep.equal([
      { type: "dns", value: "a.example" },
      { type: "dns", value: "n" },
      { type: "ip", value: "10.0.0.1" },
      { type: "ip", value: "10.0.0.2" },
    ]);
    expect(key).to.match(/^-----BEGIN PRIVATE KEY-----/);
  });
});
