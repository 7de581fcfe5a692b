import { expect } from "chai";
import type { Pod } from "../domain/kubernetes.js";
import { Echoes } from "./echoes.js";
import { ApiPodWriter } from "./pod-writer.js";
import { json, status } from "./testing/scripted-api-server.js";
import { type ScriptedKube, startScriptedKube } from "./testing/scripted-kube.js";

function pod(uid: string, resourceVersion = "1"): Pod {
  const metadata = { name: "p", namespace: "ns", uid, resourceVersion, creationTimestamp: "2026-01-01T00:00:00Z" };
  return { kind: "Pod", apiVersion: "v1", metadata, spec: { nodeName: "n", containers: [] } };
}

describe("ApiPodWriter", () => {
  let kube: ScriptedKube;
  let signal: AbortSignal; // from the start of each test: others may have run for long
  beforeEach(() => {
    signal = AbortSignal.timeout(30_000);
  });
  const echoes = new Echoes();

  beforeEach(async () => {
    kube = await startScriptedKube();
  });

  afterEach(() => kube[Symbol.asyncDispose]());

  function createWriter(): ApiPodWriter {
    return new ApiPodWriter({ http: kube.http, statusDiff: (_from, to) => ({ status: to }), echoes });
  }

  it("sends one strategic merge patch of the status, guarded by the UID, and remembers its version", async () => {
    kube.server.script(json(pod("u", "7")));
    const result = await createWriter().patchStatus(pod("u"), {}, { phase: "Running" }, signal);
    expect(result).to.deep.equal({ kind: "ok", pod: pod("u", "7") });
    const [patch] = kube.server.received;
    expect(`${patch?.method} ${patch?.path}`).to.equal("PATCH /api/v1/namespaces/ns/pods/p/status");
    expect(patch?.headers["content-type"]).to.equal("application/strategic-merge-patch+json");
    expect(JSON.parse(patch?.body ?? "")).to.deep.equal({ metadata: { uid: "u" }, status: { phase: "Running" } });
    expect([echoes.take("7"), echoes.take("7")]).to.deep.equal([true, false]);
  });

  it("sends nothing when nothing differs", async () => {
    const writer = new ApiPodWriter({ http: kube.http, statusDiff: () => undefined });
    await writer.patchStatus(pod("u"), {}, {}, signal);
    expect(kube.server.received).to.have.length(0);
  });

  for (const [code, reason] of [
    [404, "NotFound"],
    [409, "Conflict"],
    [422, "Invalid"],
  ] as const) {
    it(`says gone after ${code} only when a live read confirms it`, async () => {
      const writer = createWriter();
      kube.server.script(status(code, reason), json(pod("other")));
      expect(await writer.patchStatus(pod("u"), {}, {}, signal)).to.deep.equal({ kind: "gone" });
      kube.server.script(status(code, reason), json(pod("u")));
      const error = await writer.patchStatus(pod("u"), {}, {}, signal).catch((cause: unknown) => cause);
      expect(error).to.deep.include({ status: code });
    });
  }

  it("asks for a list of this node's pods of that name when the authorizer refuses a read", async () => {
    const writer = createWriter();
    kube.server.script(status(403, "Forbidden"), json({ metadata: { resourceVersion: "9" }, items: [] }));
    expect(await writer.get(pod("u"), signal)).to.deep.equal({ kind: "gone" });
    expect(kube.server.received[1]?.path).to.equal(
      "/api/v1/namespaces/ns/pods?fieldSelector=spec.nodeName%3Dn%2Cmetadata.name%3Dp",
    );
    kube.server.script(status(403, "Forbidden"), json({ items: [pod("u")] }));
    expect(await writer.get(pod("u"), signal)).to.deep.equal({ kind: "ok", pod: pod("u") });
  });

  it("deletes with grace 0 and the UID, and takes gone already as done", async () => {
    const writer = createWriter();
    kube.server.script(json({}));
    await writer.delete(pod("u"), signal);
    const body: unknown = JSON.parse(kube.server.received[0]?.body ?? "");
    expect(body).to.deep.include({ gracePeriodSeconds: 0, preconditions: { uid: "u" } });
    kube.server.script(status(409, "Conflict"), json(pod("other")));
    await writer.delete(pod("u"), signal);
    kube.server.script(status(409, "Conflict"), json(pod("u")));
    expect(await writer.delete(pod("u"), signal).catch((cause: unknown) => cause)).to.deep.include({ status: 409 });
  });
});
