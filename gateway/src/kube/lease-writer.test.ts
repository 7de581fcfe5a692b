import { expect } from "chai";
import { ApiLeaseWriter } from "./lease-writer.js";
import { json, silence, status } from "./testing/scripted-api-server.js";
import { type ScriptedKube, startScriptedKube } from "./testing/scripted-kube.js";

const lease = { metadata: { name: "n", uid: "u", resourceVersion: "1" } };

describe("ApiLeaseWriter", () => {
  let kube: ScriptedKube;
  let signal: AbortSignal; // from the start of each test: others may have run for long
  beforeEach(() => {
    signal = AbortSignal.timeout(30_000);
  });

  beforeEach(async () => {
    kube = await startScriptedKube();
  });

  afterEach(() => kube[Symbol.asyncDispose]());

  function createWriter(): ApiLeaseWriter {
    return new ApiLeaseWriter({ http: kube.http, nodeName: "n", timeoutMs: 1_000 });
  }

  it("opens new connections after two renewals without an answer", async () => {
    const writer = createWriter();
    let rebuilt = 0;
    const rebuild = kube.http.rebuild.bind(kube.http);
    kube.http.rebuild = (pool) => {
      rebuilt += 1;
      rebuild(pool);
    };
    kube.server.script(silence);
    await writer.replace(lease, signal).catch(() => undefined);
    expect(rebuilt).to.equal(0);
    await writer.replace(lease, signal).catch(() => undefined);
    expect(rebuilt).to.equal(1);
    kube.server.script(json(lease));
    expect(await writer.replace(lease, signal)).to.deep.equal(lease);
  });

  it("takes a refusal as a sign of life", async () => {
    const writer = createWriter();
    let rebuilt = 0;
    kube.http.rebuild = () => {
      rebuilt += 1;
    };
    kube.server.script(silence, status(500, "InternalError"), silence);
    for (let times = 0; times < 3; times += 1) {
      await writer.create(lease, signal).catch(() => undefined);
    }
    expect(rebuilt).to.equal(0);
  });

  it("tells a lost lease from a lost race", async () => {
    const writer = createWriter();
    kube.server.script(status(409, "Conflict"), status(404, "NotFound"));
    expect(await writer.replace(lease, signal)).to.equal(undefined);
    kube.server.script(status(409, "Conflict"), json(lease));
    const error = await writer.replace(lease, signal).catch((reason: unknown) => reason);
    expect(error).to.deep.include({ status: 409 });
  });
});
