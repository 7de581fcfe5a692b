import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { ConfigError, readConfiguration } from "./read.js";
import { GATEWAY_SETTINGS, STANDALONE_SETTINGS } from "./settings.js";

const REQUIRED = ["--node-name", "n1", "--provider", "unix:///run/p.sock"];

describe("readConfiguration", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "outboard-config-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  function file(text: string): string {
    const name = path.join(folder, "gateway.yaml");
    writeFileSync(name, text);
    return name;
  }

  function problemsOf(argv: readonly string[], env: Record<string, string> = {}): readonly string[] {
    try {
      readConfiguration(GATEWAY_SETTINGS, { argv, env });
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
    return [];
  }

  it("fills in defaults and freezes", () => {
    const config = readConfiguration(GATEWAY_SETTINGS, { argv: REQUIRED, env: {} });
    expect(config).to.include({ nodeName: "n1", kubeletPort: 10_250, clusterDomain: "cluster.local" });
    expect(Object.isFrozen(config)).to.equal(true);
  });

  it("lets flags win over environment over file", () => {
    const name = file("kubelet: { port: 1, address: 10.0.0.1 }\nmanagement:\n  port: 3\n");
    const config = readConfiguration(GATEWAY_SETTINGS, {
      argv: [...REQUIRED, "--config", name, "--kubelet-port=5"],
      env: { OUTBOARD_KUBELET_PORT: "4", OUTBOARD_KUBELET_ADDRESS: "10.0.0.2" },
    });
    expect(config).to.include({ kubeletPort: 5, kubeletAddress: "10.0.0.2", managementPort: 3 });
  });

  it("names all five mistakes of one configuration", () => {
    const name = file("node:\n  name: Not_A_Name\n  taints: [bad]\nkubelet:\n  port: 70000\nkublet: {}\nextra: 1\n");
    const problems = problemsOf(["--config", name, "--log-level", "loud"]);
    expect(problems.join("\n")).to.contain(`${name}: node.name`);
    expect(problems.join("\n")).to.contain(`${name}: node.taints: "bad" must be KEY[=VALUE]:EFFECT`);
    expect(problems.join("\n")).to.contain(`${name}: kubelet.port: must be a whole number from 0 to 65535`);
    expect(problems.join("\n")).to.contain("--log-level: must be one of");
    expect(problems.join("\n")).to.contain(`${name}: extra: unknown setting`);
    expect(problems.join("\n")).to.contain("--provider (OUTBOARD_PROVIDER, provider.address in the file) is required");
    expect(problems.join("\n")).to.contain(`${name}: kublet: unknown setting`);
    expect(problems).to.have.length(7);
  });

  it("reads lists and maps from flags and from the file alike", () => {
    const name = file("node:\n  labels: { a: b }\n  taints: ['k=v:NoSchedule', 'x:NoExecute']\n");
    const fromFile = readConfiguration(GATEWAY_SETTINGS, { argv: [...REQUIRED, "--config", name], env: {} });
    const argv = [...REQUIRED, "--node-labels", "a=b", "--node-taints", "k=v:NoSchedule,x:NoExecute"];
    const fromFlags = readConfiguration(GATEWAY_SETTINGS, { argv, env: {} });
    expect(fromFlags.nodeLabels).to.deep.equal(fromFile.nodeLabels);
    expect(fromFlags.nodeTaints).to.deep.equal(fromFile.nodeTaints);
    expect(fromFile.nodeTaints?.[1]).to.deep.equal({ key: "x", value: "", effect: "NoExecute" });
  });

  it("names an unknown flag, a flag without value and a file that is not there", () => {
    const problems = problemsOf([...REQUIRED, "--wrong", "--config", "/none/x.yaml", "--kubeconfig"]);
    expect(problems).to.have.length(3);
    expect(problems[0]).to.contain("--wrong");
    expect(problems[1]).to.contain("--kubeconfig: needs a value");
    expect(problems[2]).to.contain("/none/x.yaml");
  });

  it("takes an empty list of taints for none", () => {
    expect(
      readConfiguration(GATEWAY_SETTINGS, { argv: [...REQUIRED, "--node-taints="], env: {} }).nodeTaints,
    ).to.deep.equal([]);
  });

  it("takes an empty part of the file for nothing given", () => {
    const name = file("node:\n  labels:\nkubelet:\npods: {}\n");
    const config = readConfiguration(GATEWAY_SETTINGS, { argv: [...REQUIRED, "--config", name], env: {} });
    expect(config).to.deep.include({ nodeLabels: {}, kubeletPort: 10_250 });
  });

  it("names a part of the file that should be a map", () => {
    const problems = problemsOf([...REQUIRED, "--config", file("node: n1\n")]);
    expect(problems[0]).to.match(/node: unknown setting$/);
    expect(problemsOf([...REQUIRED, "--config", file("- a\n")])[0]).to.contain("the file must hold a map");
    expect(problemsOf([...REQUIRED, "--config", file("a: [\n")])[0]).to.contain("--config");
  });

  it("takes an empty file for no file", () => {
    expect(problemsOf([...REQUIRED, "--config", file("# nothing\n")])).to.deep.equal([]);
  });

  it("does not take a flag for the value of another, and names a flag that is given twice", () => {
    const problems = problemsOf([...REQUIRED, "--kubeconfig", "--log-level", "info", "--log-level=debug"]);
    expect(problems).to.deep.equal(["--kubeconfig: needs a value", "--log-level: is given twice"]);
  });

  it("takes switches without a value, and with one", () => {
    const argv = ["--provider", "unix:///p", "--manifests", "m"];
    const once = (more: readonly string[]) =>
      readConfiguration(STANDALONE_SETTINGS, { argv: [...argv, ...more], env: {} }).once;
    expect([once([]), once(["--once"]), once(["--once=false"])]).to.deep.equal([false, true, false]);
  });

  it("wants certificate and key together, wherever they are given", () => {
    const name = file("kubelet: { tlsKey: k.pem }\n");
    expect(problemsOf([...REQUIRED, "--config", name])).to.deep.equal([
      `${name}: kubelet.tlsKey: needs --tls-cert too`,
    ]);
    expect(problemsOf([...REQUIRED, "--provider-ca", "ca.pem"])).to.deep.equal([
      "--provider-ca: needs --provider-cert and --provider-key too",
    ]);
    expect(problemsOf([...REQUIRED, "--config", name], { OUTBOARD_TLS_CERT: "c.pem" })).to.deep.equal([]);
  });

  it("wants TLS for a provider over TCP, or a word that none is wanted", () => {
    const tcp = ["--node-name", "n1", "--provider", "tcp://10.0.0.1:9000"];
    expect(problemsOf(tcp)).to.deep.equal([
      "--provider: tcp:// needs --provider-ca, --provider-cert and --provider-key, or --provider-insecure",
    ]);
    expect(problemsOf([...tcp, "--provider-insecure"])).to.deep.equal([]);
    expect(problemsOf([...tcp, "--provider-ca=a", "--provider-cert=b", "--provider-key=c"])).to.deep.equal([]);
  });
});
