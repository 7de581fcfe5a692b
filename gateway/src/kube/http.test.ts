import { expect } from "chai";
import { ApiError } from "../ports/pods.js";
import { Priority } from "./limiter.js";
import { hangUp, json, silence, status } from "./testing/scripted-api-server.js";
import { type ScriptedKube, startScriptedKube } from "./testing/scripted-kube.js";

const get = { method: "GET", path: "/api/v1/things?secret=1", priority: Priority.status } as const;
const post = { method: "POST", path: "/api/v1/things", priority: Priority.status, body: { a: "s3cret" } } as const;

async function errorOf(work: Promise<unknown>): Promise<ApiError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error("not an ApiError", { cause: error });
  return error;
}

describe("KubeHttp", () => {
  let kube: ScriptedKube;
  let signal: AbortSignal; // from the start of each test: others may have run for long
  beforeEach(() => {
    signal = AbortSignal.timeout(60_000);
  });

  beforeEach(async () => {
    kube = await startScriptedKube();
  });

  afterEach(() => kube[Symbol.asyncDispose]());

  it("sends JSON with our token and reads JSON", async () => {
    kube.server.script(json({ ok: true }));
    expect(await kube.http.json(post, signal)).to.deep.equal({ ok: true });
    const [seen] = kube.server.received;
    expect(seen?.headers.authorization).to.equal("Bearer t0ken");
    expect(seen?.headers["content-type"]).to.equal("application/json");
    expect(seen?.headers["user-agent"]).to.equal("test");
    expect(JSON.parse(seen?.body ?? "")).to.deep.equal({ a: "s3cret" });
  });

  it("keeps its connections after a DELETE with a body", async () => {
    kube.server.script(json({}));
    const remove = { ...post, method: "DELETE" } as const;
    for (let count = 0; count < 8; count++) await kube.http.json(remove, signal);
    // A connection can be busy for one more turn after its answer, so there may be a second one.
    expect(new Set(kube.server.received.map(({ connection }) => connection)).size).to.be.at.most(2);
  });

  it("turns a Status into an ApiError that names the request but neither query nor body", async () => {
    kube.server.script(status(409, "Conflict", { "retry-after": "3" }));
    const error = await errorOf(kube.http.json(post, signal));
    expect(error).to.deep.include({ status: 409, reason: "Conflict", retryAfterMs: 3_000 });
    expect(error.message).to.equal("POST /api/v1/things: 409: scripted Conflict");
    kube.server.script(status(403, "Forbidden"));
    expect((await errorOf(kube.http.json(get, signal))).message).to.not.contain("secret=1");
  });

  it("keeps the page of a proxy out of the error", async () => {
    kube.server.script((_request, response) => response.writeHead(502).end("<html>hello</html>"));
    const error = await errorOf(kube.http.json(post, signal));
    expect(error.message).to.equal("POST /api/v1/things: the API server answered 502");
  });

  it("says undefined for 404 only when asked to find", async () => {
    kube.server.script(status(404, "NotFound"));
    expect(await kube.http.find(get, signal)).to.equal(undefined);
    expect((await errorOf(kube.http.json(get, signal))).status).to.equal(404);
  });

  it("says status 0 for a write whose answer was lost, and does not send it again", async () => {
    kube.server.script(hangUp, json({}));
    expect((await errorOf(kube.http.json(post, signal))).status).to.equal(0);
    expect(kube.server.received).to.have.length(1);
  });

  it("asks again once when the connection of a GET breaks", async () => {
    kube.server.script(hangUp, json({ a: 1 }));
    expect(await kube.http.json(get, signal)).to.deep.equal({ a: 1 });
    kube.server.script(hangUp);
    expect((await errorOf(kube.http.json(get, signal))).status).to.equal(0);
    expect(kube.server.received).to.have.length(4);
  });

  it("waits for Retry-After on 429 and sends the same again", async () => {
    kube.server.script(status(429, "TooManyRequests", { "retry-after": "0.2" }), json({ a: 1 }));
    const startedAt = performance.now();
    expect(await kube.http.json(post, signal)).to.deep.equal({ a: 1 });
    expect(performance.now() - startedAt).to.be.greaterThan(190);
    expect(kube.server.received.map(({ body }) => body)).to.deep.equal(['{"a":"s3cret"}', '{"a":"s3cret"}']);
  });

  it("gives up after the third 429 in a row", async () => {
    kube.server.script(status(429, "TooManyRequests", { "retry-after": "0.01" }));
    expect((await errorOf(kube.http.json(post, signal))).status).to.equal(429);
    expect(kube.server.received).to.have.length(4);
  });

  it("sends what has had its turn at once, and leaves it to the caller when the API server is busy", async () => {
    kube.server.script(status(429, "TooManyRequests", { "retry-after": "0.2" }), json({ a: 1 }));
    await kube.http.turn(Priority.status, signal);
    expect((await errorOf(kube.http.json({ ...post, hasTurn: true }, signal))).status).to.equal(429);
    expect(kube.server.received).to.have.length(1);
    const startedAt = performance.now();
    await kube.http.turn(Priority.status, signal);
    expect(performance.now() - startedAt).to.be.greaterThan(190);
    await kube.http.json({ ...post, hasTurn: true }, signal);
    expect(kube.server.received).to.have.length(2);
  });

  it("does not count the wait for its turn as time for the answer", async () => {
    kube.server.script(status(429, "TooManyRequests", { "retry-after": "0.3" }), json({ a: 1 }));
    expect(await kube.http.json({ ...post, timeoutMs: 200 }, signal)).to.deep.equal({ a: 1 });
  });

  it("says status 0 when there is no answer in time", async () => {
    kube.server.script(silence);
    const error = await errorOf(kube.http.json({ ...post, timeoutMs: 50 }, signal));
    expect(error.status).to.equal(0);
  });

  it("rejects with the signal's own reason when it aborts", async () => {
    kube.server.script(silence);
    const abort = new AbortController();
    const pending = kube.http.json(post, abort.signal).catch((error: unknown) => error);
    const reason = new Error("enough");
    abort.abort(reason);
    expect(await pending).to.equal(reason);
  });

  it("reuses its connections", async () => {
    kube.server.script(json({}));
    for (let times = 0; times < 20; times += 1) {
      await kube.http.json(post, signal);
    }
    expect(new Set(kube.server.received.map(({ connection }) => connection)).size).to.be.at.most(2);
  });

  it("opens at most 16 connections for requests, and others for leases", async () => {
    kube.server.script((_request, response) => setImmediate(() => response.end("{}")));
    await Promise.all(Array.from({ length: 60 }, () => kube.http.json(post, signal)));
    expect(new Set(kube.server.received.map(({ connection }) => connection)).size).to.be.within(2, 16);
    const before = kube.server.received.length;
    await kube.http.json({ ...post, pool: "lease" }, signal);
    const used = new Set(kube.server.received.slice(0, before).map(({ connection }) => connection));
    expect(used.has(kube.server.received.at(-1)?.connection ?? 0)).to.equal(false);
  });

  it("refuses calls after its disposal", async () => {
    await kube.http[Symbol.asyncDispose]();
    expect((await errorOf(kube.http.json(post, signal))).status).to.equal(0);
  });
});
