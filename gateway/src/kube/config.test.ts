import { chmod, rename } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { createSelfSigned } from "../testing/self-signed.js";
import { loadConnection } from "./config.js";
import { KubeHttp } from "./http.js";
import { Priority } from "./limiter.js";
import { ManualClock } from "./testing/manual-clock.js";
import { json, type ScriptedApiServer, startScriptedApiServer, status } from "./testing/scripted-api-server.js";
import { createFolder, kubeconfigText, type TemporaryFolder } from "./testing/scripted-kube.js";

const get = { method: "GET", path: "/x", priority: Priority.status } as const;

describe("loadConnection", function () {
  // One test loads client-node.
  this.timeout(30_000);
  let server: ScriptedApiServer;
  let folder: TemporaryFolder;
  const clock = new ManualClock();
  let signal: AbortSignal; // from the start of each test: others may have run for long
  beforeEach(() => {
    signal = AbortSignal.timeout(60_000);
  });

  beforeEach(async () => {
    server = await startScriptedApiServer();
    server.script(json({}));
    folder = await createFolder();
  });

  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  async function connect(user: object): Promise<KubeHttp> {
    const kubeconfig = await folder.write("config", kubeconfigText(server.url, server.ca, user));
    return new KubeHttp({ connection: await loadConnection({ kubeconfig, clock }), clock, userAgent: "test" });
  }

  async function messageOf(options: { kubeconfig?: string; context?: string }): Promise<string> {
    return loadConnection({ ...options, clock }).then(
      () => "no error",
      (error: Error) => error.message,
    );
  }

  it("says file and context in one sentence when something is wrong", async () => {
    const absent = join(folder.path, "absent");
    expect(await messageOf({ kubeconfig: absent })).to.match(
      /^kubeconfig .*absent \(current-context\): cannot be read: /,
    );
    const good = await folder.write("config", kubeconfigText(server.url, server.ca, {}));
    expect(await messageOf({ kubeconfig: good, context: "other" })).to.equal(
      `kubeconfig ${good} (context other): the context or its cluster does not exist`,
    );
    const user = { tokenFile: "missing-token" };
    const bad = await folder.write("bad", kubeconfigText(server.url, server.ca, user));
    expect(await messageOf({ kubeconfig: bad })).to.match(/^kubeconfig .*bad \(current-context\): ENOENT/);
  });

  it("says what to do when there is neither a kubeconfig nor a cluster around", async () => {
    const host = process.env["KUBERNETES_SERVICE_HOST"];
    delete process.env["KUBERNETES_SERVICE_HOST"];
    try {
      expect(await messageOf({})).to.equal(
        "the pod's own service account: KUBERNETES_SERVICE_HOST is not set; give a kubeconfig when not inside a cluster",
      );
    } finally {
      if (host !== undefined) process.env["KUBERNETES_SERVICE_HOST"] = host;
    }
  });

  it("does not show the token of a kubeconfig that cannot be used", async () => {
    const bad = await folder.write("bad", kubeconfigText("not a url", server.ca, { token: "s3cret" }));
    const message = await messageOf({ kubeconfig: bad });
    expect(message).to.contain("not a URL").and.to.not.contain("s3cret");
  });

  it("uses name and password", async () => {
    await using http = await connect({ username: "me", password: "pw" });
    await http.json(get, signal);
    expect(server.received[0]?.headers.authorization).to.equal(`Basic ${Buffer.from("me:pw").toString("base64")}`);
  });

  it("uses the token of an old login plugin", async () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const expires = Math.floor(Date.now() / 1000) + 3_600;
    const token = `${part({ alg: "none" })}.${part({ exp: expires })}.c2ln`;
    await using http = await connect({ "auth-provider": { name: "oidc", config: { "id-token": token } } });
    await http.json(get, signal);
    expect(server.received[0]?.headers.authorization).to.equal(`Bearer ${token}`);
  });

  it("reads a token file beside the kubeconfig, and again after it changed", async () => {
    await folder.write("token", "one\n");
    await using http = await connect({ tokenFile: "token" });
    await http.json(get, signal);
    await folder.write("token", "two two\n");
    await http.json(get, signal);
    clock.advance(10_000);
    await http.json(get, signal);
    const tokens = server.received.map(({ headers }) => headers.authorization);
    expect(tokens).to.deep.equal(["Bearer one", "Bearer one", "Bearer two two"]);
  });

  it("reads the token again at once when it is not accepted, and only once", async () => {
    await folder.write("token", "old");
    await using http = await connect({ tokenFile: "token" });
    await folder.write("token", "new");
    server.script(status(401, "Unauthorized"), json({}));
    await http.json(get, signal);
    expect(server.received.map(({ headers }) => headers.authorization)).to.deep.equal(["Bearer old", "Bearer new"]);
    server.script(status(401, "Unauthorized"));
    const error = await http.json(get, signal).catch((reason: unknown) => reason);
    expect(error).to.deep.include({ status: 401 });
    expect(server.received).to.have.length(4);
  });

  it("opens new connections with a new client certificate, and waits for its key", async () => {
    const one = await createSelfSigned(["one"], 1_700_000_000_000);
    const two = await createSelfSigned(["two"], 1_700_000_000_000);
    await folder.write("crt", one.cert);
    await folder.write("key", one.key);
    await using http = await connect({ "client-certificate": "crt", "client-key": "key" });
    await http.json(get, signal);
    await folder.write("crt.new", two.cert);
    await rename(join(folder.path, "crt.new"), join(folder.path, "crt"));
    clock.advance(10_000);
    await http.json(get, signal);
    await folder.write("key", two.key);
    clock.advance(10_000);
    await http.json(get, signal);
    expect(server.received.map(({ client }) => client.split("@")[0])).to.deep.equal(["one", "one", "two"]);
  });

  describe("with an exec plugin", () => {
    async function plugin(script: string): Promise<object> {
      const command = await folder.write("plugin.mjs", `#!${process.execPath}\n${script}`);
      await chmod(command, 0o755);
      return {
        exec: { apiVersion: "client.authentication.k8s.io/v1", command, args: ["a"], env: [{ name: "E", value: "v" }] },
      };
    }

    it("runs it once for many calls, and again before the credential expires", async () => {
      const expires = new Date(clock.now() + 300_000).toISOString();
      const user = await plugin(`
        import { appendFileSync, readFileSync } from "node:fs";
        appendFileSync(new URL("./runs", import.meta.url), ".");
        const runs = readFileSync(new URL("./runs", import.meta.url), "utf8").length;
        const { spec } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
        const token = [runs, process.argv[2], process.env.E, spec.interactive].join("-");
        console.log(JSON.stringify({ status: { token, expirationTimestamp: "${expires}" } }));`);
      await using http = await connect(user);
      await Promise.all([http.json(get, signal), http.json(get, signal), http.json(get, signal)]);
      clock.advance(240_000);
      await Promise.all([http.json(get, signal), http.json(get, signal)]);
      const tokens = new Set(server.received.map(({ headers }) => headers.authorization));
      expect([...tokens]).to.deep.equal(["Bearer 1-a-v-false", "Bearer 2-a-v-false"]);
    });

    it("says which plugin failed and nothing of what it printed", async () => {
      const user = await plugin(`console.log("s3cret"); console.error("s3cret"); process.exit(3);`);
      const message = await connect(user).catch((error: Error) => error.message);
      expect(message).to.match(/exec plugin .*plugin\.mjs ended with code 3$/);
      const silent = await plugin(`console.log("s3cret");`);
      const second = await connect(silent).catch((error: Error) => error.message);
      expect(second).to.match(/did not print an ExecCredential$/);
    });
  });
});
