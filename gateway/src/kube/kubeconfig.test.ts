import { join } from "node:path";
import { expect } from "chai";
import { inClusterConfig, readKubeconfig } from "./kubeconfig.js";
import { createFolder, type TemporaryFolder } from "./testing/scripted-kube.js";

const TWO_CONTEXTS = `
apiVersion: v1
kind: Config
current-context: one
contexts:
- {name: one, context: {cluster: near, user: me}}
- {name: two, context: {cluster: far, user: plugin}}
- {name: three, context: {cluster: nowhere, user: me}}
- {name: four, context: {cluster: near, user: nobody}}
clusters:
- {name: near, cluster: {server: "https://near:6443", certificate-authority: ca.crt, tls-server-name: api}}
- {name: far, cluster: {server: "https://far", insecure-skip-tls-verify: true, proxy-url: "http://proxy:3128"}}
users:
- {name: me, user: {client-certificate: certs/me.crt, client-key: /keys/me.key, as: someone}}
- {name: plugin, user: {tokenFile: token, exec: {command: bin/login, args: [a]}}}
`;

describe("readKubeconfig", () => {
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await createFolder();
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  async function read(text: string, context?: string): Promise<Awaited<ReturnType<typeof readKubeconfig>>> {
    return readKubeconfig(await folder.write("config", text), context);
  }

  async function messageOf(text: string, context?: string): Promise<string> {
    return read(text, context).then(
      () => "no error",
      (error: Error) => error.message,
    );
  }

  it("reads the current context, its files beside the kubeconfig", async () => {
    expect(await read(TWO_CONTEXTS)).to.deep.equal({
      cluster: {
        server: "https://near:6443",
        caFile: join(folder.path, "ca.crt"),
        tlsServerName: "api",
        skipTLSVerify: false,
      },
      user: {
        certFile: join(folder.path, "certs/me.crt"),
        keyFile: "/keys/me.key",
        impersonateUser: "someone",
        hasAuthProvider: false,
      },
    });
  });

  it("reads another context, with a plugin that stands beside the kubeconfig", async () => {
    expect(await read(TWO_CONTEXTS, "two")).to.deep.equal({
      cluster: { server: "https://far", skipTLSVerify: true, proxyUrl: "http://proxy:3128" },
      user: {
        tokenFile: join(folder.path, "token"),
        exec: { command: join(folder.path, "bin/login"), args: ["a"] },
        hasAuthProvider: false,
      },
    });
  });

  it("looks up a plugin without a folder in PATH, and knows old login plugins", async () => {
    const user = (fields: object): string =>
      TWO_CONTEXTS.replace(/\{name: me, user: .*\}/, JSON.stringify({ name: "me", user: fields }));
    expect((await read(user({ exec: { command: "login" } }))).user.exec).to.deep.equal({ command: "login" });
    expect((await read(user({ "auth-provider": { name: "oidc" } }))).user.hasAuthProvider).to.equal(true);
  });

  it("says what does not exist", async () => {
    const noCluster = "the context or its cluster does not exist";
    expect(await messageOf(TWO_CONTEXTS, "five")).to.equal(noCluster);
    expect(await messageOf(TWO_CONTEXTS, "three")).to.equal(noCluster);
    expect(await messageOf("{}")).to.equal(noCluster);
    expect(await messageOf(TWO_CONTEXTS, "four")).to.equal("the context's user does not exist");
  });

  it("says what is malformed without quoting it", async () => {
    expect(await messageOf('a: 1\nb: "s3cret\n')).to.match(/^is not valid YAML: line \d$/);
    expect(await messageOf("s3cret")).to.equal("is not a kubeconfig");
    const number = TWO_CONTEXTS.replace("as: someone", "token: 12345");
    expect(await messageOf(number)).to.equal("token must be text; put it in quotes");
  });
});

describe("inClusterConfig", () => {
  it("finds the API server by the variables of a pod, and the service account's files", () => {
    const env = { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "6443" };
    const { cluster, user } = inClusterConfig(env);
    expect(cluster.server).to.equal("https://10.96.0.1:6443");
    expect(cluster.caFile).to.equal("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt");
    expect(user.tokenFile).to.equal("/var/run/secrets/kubernetes.io/serviceaccount/token");
  });

  it("puts an IPv6 address in brackets", () => {
    expect(inClusterConfig({ KUBERNETES_SERVICE_HOST: "fd00::1" }).cluster.server).to.equal("https://[fd00::1]:443");
  });
});
