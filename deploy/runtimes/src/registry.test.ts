import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createLayer } from "./images/layer.js";
import { createStore } from "./images/store.js";
import { type Registry, REGISTRY_ACCOUNT, startRegistry } from "./registry.js";

const BASIC = `Basic ${Buffer.from(`${REGISTRY_ACCOUNT.username}:${REGISTRY_ACCOUNT.password}`).toString("base64")}`;

describe("startRegistry", () => {
  let folder: string;
  let registry: Registry;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "registry-test-"));
    const store = createStore(folder);
    const layer = createLayer();
    layer.file("hello", "world");
    store.image(["registry.k8s.io/e2e/tool:1"], [store.layer(layer.bytes())], { Cmd: ["/hello"] });
    store.finish();
    registry = await startRegistry({ store: folder });
  });

  after(async () => {
    await registry[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  const get = async (path: string, authorization?: string): Promise<Response> =>
    fetch(`${registry.url}${path}`, authorization === undefined ? {} : { headers: { authorization } });

  it("serves an image by the host that is asked for, down to its layers", async () => {
    const answer = await get("/v2/e2e/tool/manifests/1?ns=registry.k8s.io");
    expect(answer.status).to.equal(200);
    const manifest = (await answer.json()) as { readonly layers: readonly { readonly digest: string; size: number }[] };
    const [layer = { digest: "", size: 0 }] = manifest.layers;
    const blob = Buffer.from(await (await get(`/v2/e2e/tool/blobs/${layer.digest}`)).arrayBuffer());
    expect(blob.length).to.equal(layer.size);
    expect(blob.includes("world")).to.equal(true);
  });

  it("does not know an image of another host, repository or tag", async () => {
    const paths = ["tool/manifests/1?ns=docker.io", "none/manifests/1?ns=registry.k8s.io", "tool/manifests/2"];
    const answers = await Promise.all(paths.map(async (path) => get(`/v2/e2e/${path}`)));
    expect(answers.map(({ status }) => status)).to.deep.equal([404, 404, 404]);
    expect(await answers[0]?.json()).to.deep.equal({
      errors: [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown" }],
    });
  });

  it("refuses a private host without credentials and with wrong ones, and takes the one account", async () => {
    const path = "/v2/e2e/tool/manifests/1?ns=private.example.com";
    const refused = await get(path);
    expect([refused.status, refused.headers.get("www-authenticate")]).to.deep.equal([401, 'Basic realm="private"']);
    expect((await get(path, "Basic d3Jvbmc6d3Jvbmc=")).status).to.equal(401);
    expect((await get(path, BASIC)).status).to.equal(200);
  });

  it("hands out tokens for hosts that want a bearer", async () => {
    const path = "/v2/e2e/tool/manifests/1?ns=private-token.example.com";
    const challenge = (await get(path)).headers.get("www-authenticate") ?? "";
    expect(challenge).to.match(/^Bearer realm="http:.*\/token"/);
    expect((await get("/token")).status).to.equal(401);
    const { token } = (await (await get("/token", BASIC)).json()) as { readonly token: string };
    expect((await get(path, `Bearer ${token}`)).status).to.equal(200);
  });

  it("keeps no path outside of its store", async () => {
    expect((await get("/v2/e2e/tool/blobs/sha256:..%2Findex.json")).status).to.equal(404);
  });

  it("tells what was asked, and answers 503 while it is broken", async () => {
    registry.setBroken(true);
    expect((await get("/v2/")).status).to.equal(503);
    registry.setBroken(false);
    expect((await get("/v2/")).status).to.equal(200);
    expect(registry.requests().slice(-2)).to.deep.equal([
      { method: "GET", host: "docker.io", path: "/v2/", status: 503 },
      { method: "GET", host: "docker.io", path: "/v2/", status: 200 },
    ]);
  });
});
