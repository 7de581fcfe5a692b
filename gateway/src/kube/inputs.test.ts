import { expect } from "chai";
import type { Pod } from "../domain/kubernetes.js";
import { ApiInputSource } from "./inputs.js";
import { ServiceIndex, type StoredService } from "./services.js";
import { ManualClock } from "./testing/manual-clock.js";
import { json, status } from "./testing/scripted-api-server.js";
import { type ScriptedKube, startScriptedKube, until } from "./testing/scripted-kube.js";

function service(namespace: string, name: string): StoredService {
  return { metadata: { namespace, name, resourceVersion: "1" } };
}

function names(
  services: readonly { readonly metadata?: { readonly name?: string } }[],
): readonly (string | undefined)[] {
  return services.map(({ metadata }) => metadata?.name);
}

describe("ApiInputSource", () => {
  let kube: ScriptedKube;
  let clock: ManualClock;
  let services: ServiceIndex;
  let inputs: ApiInputSource;
  let signal: AbortSignal; // from the start of each test: others may have run for long
  beforeEach(() => {
    signal = AbortSignal.timeout(30_000);
  });

  beforeEach(async () => {
    kube = await startScriptedKube();
    clock = new ManualClock();
    services = new ServiceIndex();
    inputs = new ApiInputSource({ http: kube.http, clock, services, ended: signal, random: () => 0 });
  });

  afterEach(() => kube[Symbol.asyncDispose]());

  it("reads an object by name, once for readers that come together, and again a second later", async () => {
    kube.server.script(json({ data: { a: "1" } }));
    const both = await Promise.all([inputs.configMap("ns", "c", signal), inputs.configMap("ns", "c", signal)]);
    expect(both[1]).to.deep.equal({ data: { a: "1" } });
    await inputs.configMap("ns", "c", signal);
    expect(kube.server.received.map(({ path }) => path)).to.deep.equal(["/api/v1/namespaces/ns/configmaps/c"]);
    clock.advance(1_000);
    await inputs.configMap("ns", "c", signal);
    expect(kube.server.received).to.have.length(2);
  });

  it("does not remember that something was missing", async () => {
    kube.server.script(status(404, "NotFound"), json({ data: {} }));
    expect(await inputs.secret("ns", "s", signal)).to.equal(undefined);
    expect(await inputs.secret("ns", "s", signal)).to.deep.equal({ data: {} });
  });

  it("asks again for some seconds when the authorizer does not know the pod yet", async () => {
    kube.server.script(status(403, "Forbidden"), status(403, "Forbidden"), json({ data: {} }));
    const reading = inputs.secret("ns", "s", signal);
    for (const delayMs of [50, 100]) {
      await until("a pause", () => clock.waits[0] === delayMs);
      clock.advance(delayMs);
    }
    expect(await reading).to.deep.equal({ data: {} });
  });

  it("leaves a reader whose signal aborts without ending the call of the others", async () => {
    let answer: () => void = () => undefined;
    kube.server.script((_request, response) => {
      answer = () => response.end('{"data":{}}');
    });
    const abort = new AbortController();
    const left = inputs.secret("ns", "s", abort.signal).catch((error: unknown) => error);
    const stayed = inputs.secret("ns", "s", signal);
    await until("the call", () => kube.server.received.length === 1);
    const reason = new Error("enough");
    abort.abort(reason);
    expect(await left).to.equal(reason);
    answer();
    expect(await stayed).to.deep.equal({ data: {} });
  });

  it("requests a token bound to the pod, and tells a missing account from a missing pod", async () => {
    const metadata = { name: "p", namespace: "ns", uid: "u", resourceVersion: "1", creationTimestamp: "" };
    const pod: Pod = { metadata, spec: { serviceAccountName: "sa", containers: [] } };
    const expirationTimestamp = "2026-01-01T01:00:00Z";
    kube.server.script(json({ spec: { expirationSeconds: 3607 }, status: { token: "t", expirationTimestamp } }));
    const token = await inputs.token({ pod, audience: "vault", expirationSeconds: 3607 }, signal);
    const renewAt = Date.parse(expirationTimestamp) - 3_607_000 * 0.2;
    expect(token).to.deep.equal({ token: "t", expiresAt: expirationTimestamp, renewAt });
    const [seen] = kube.server.received;
    expect(seen?.path).to.equal("/api/v1/namespaces/ns/serviceaccounts/sa/token");
    expect((JSON.parse(seen?.body ?? "") as { spec: object }).spec).to.deep.equal({
      audiences: ["vault"],
      expirationSeconds: 3607,
      boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "p", uid: "u" },
    });
    const missing = (what: string) =>
      kube.server.script((_request, response) =>
        response.writeHead(404).end(JSON.stringify({ kind: "Status", code: 404, message: `${what} "x" not found` })),
      );
    missing("serviceaccounts");
    expect(await inputs.token({ pod, audience: "", expirationSeconds: 600 }, signal)).to.equal(undefined);
    missing("pods");
    const error = await inputs
      .token({ pod, audience: "", expirationSeconds: 600 }, signal)
      .catch((cause: unknown) => cause);
    expect(error).to.deep.include({ status: 404 });
  });

  it("gives the services of a namespace and default/kubernetes, once they are known", async () => {
    const early = await inputs.services("ns", signal).catch((cause: unknown) => cause);
    expect(early).to.deep.include({ status: 0, retryAfterMs: 500 });
    services.apply({
      kind: "list",
      items: [service("ns", "a"), service("default", "kubernetes"), service("default", "b")],
    });
    expect(names(await inputs.services("ns", signal))).to.deep.equal(["a", "kubernetes"]);
    expect(names(await inputs.services("default", signal))).to.deep.equal(["kubernetes", "b"]);
    services.apply({ kind: "set", object: service("ns", "c") });
    services.apply({ kind: "gone", object: service("ns", "a") });
    services.apply({ kind: "lost", reason: "away" });
    expect(names(await inputs.services("ns", signal))).to.deep.equal(["c", "kubernetes"]);
    services.apply({ kind: "list", items: [] });
    expect(names(await inputs.services("ns", signal))).to.deep.equal([]);
  });
});
