import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { containerMessage, criConfigs, readCriTemplate, sandboxMessage } from "./cri-template.js";
import { type AskEngine, mainBody, readDockerTemplate } from "./docker-template.js";
import type { JsonObject } from "./template.js";

describe("what a bare runtime is asked for", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "template-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is what the cri provider asked for, under another name and without its labels and files", async () => {
    const sandbox = {
      metadata: { name: "web", uid: "u-1", namespace: "bench" },
      labels: { owner: "us" },
      log_directory: "/state/u-1/logs",
      linux: { cgroup_parent: "/kubepods/podu-1", security_context: { namespace_options: { pid: 1 } } },
    };
    const container = {
      metadata: { name: "main" },
      annotations: { "io.kubernetes.pod": "u-1" },
      envs: [{ key: "A", value: "1" }],
      mounts: [{ container_path: "/etc/hosts", host_path: "/state/u-1/hosts" }],
      linux: { resources: { cpu_shares: 2 } },
    };
    const answers: Readonly<Record<string, string>> = {
      "pods --quiet": "sandbox-id",
      "ps --quiet": "container-id",
      "inspectp --output json sandbox-id": JSON.stringify({ info: { config: sandbox } }),
      "inspect --output json container-id": JSON.stringify({ info: { config: container } }),
    };
    const template = await readCriTemplate(async (...args) => Promise.resolve(answers[args.join(" ")] ?? ""), folder);
    const configs = criConfigs(template, "bare-7", "/logs");
    const sandboxConfig = sandboxMessage(configs.sandbox);
    expect(sandboxConfig.metadata).to.deep.equal({ name: "bare-7", uid: "bare-7", namespace: "bench", attempt: 0 });
    expect([...sandboxConfig.labels]).to.deep.equal([]);
    expect(sandboxConfig.logDirectory).to.equal("/logs");
    expect(sandboxConfig.linux?.cgroupParent).to.equal("/kubepods/podbare-7");
    const { mounts, envs, linux, annotations } = containerMessage(configs.container);
    expect([...annotations]).to.deep.equal([]);
    expect(envs).to.deep.equal([{ key: "A", value: Buffer.from("1") }]);
    expect(linux?.resources?.cpuShares).to.equal(2n);
    expect(mounts.map(({ containerPath }) => containerPath)).to.deep.equal(["/etc/hosts"]);
    expect(mounts[0]?.hostPath.startsWith(`${folder}/`) && existsSync(mounts[0].hostPath)).to.equal(true);
  });

  it("is what the docker provider asked for, joined to the infra container that it has", async () => {
    const infra = {
      Id: "infra-1",
      Config: { Hostname: "web", Labels: { owner: "us" } },
      HostConfig: { NetworkMode: "bridge" },
    };
    const main = {
      Id: "main-1",
      Config: { Hostname: "web", Image: "pause", Labels: { owner: "us" } },
      HostConfig: {
        NetworkMode: "container:infra-1",
        IpcMode: "container:infra-1",
        Binds: ["/state/hosts:/etc/hosts:ro"],
        Mounts: [{ Type: "bind", Source: "/state/message", Target: "/dev/termination-log" }],
      },
    };
    const answers: Readonly<Record<string, unknown>> = {
      "/containers/json": [main, infra],
      "/containers/main-1/json": main,
      "/containers/infra-1/json": infra,
    };
    const ask: AskEngine = async <Answer>(_method: string, path: string) => Promise.resolve(answers[path] as Answer);
    const template = await readDockerTemplate(ask, folder);
    expect(template.infra).to.deep.equal({ Hostname: "web", Labels: {}, HostConfig: { NetworkMode: "bridge" } });
    const { HostConfig, ...rest } = mainBody(template, "infra-2");
    expect(rest).to.deep.equal({ Image: "pause", Labels: {} });
    const host = HostConfig as JsonObject;
    expect([host["NetworkMode"], host["IpcMode"]]).to.deep.equal(["container:infra-2", "container:infra-2"]);
    const [bind = ""] = host["Binds"] as readonly string[];
    expect(bind.startsWith(`${folder}/`) && bind.endsWith(":/etc/hosts:ro")).to.equal(true);
    expect((host["Mounts"] as readonly JsonObject[])[0]?.["Source"]).to.match(new RegExp(`^${folder}/`));
  });

  it("is nothing where the engine shows no pod", async () => {
    const ask: AskEngine = async <Answer>() => Promise.resolve([] as Answer);
    const failure = await readDockerTemplate(ask, folder).catch((error: Error) => error.message);
    expect(failure).to.equal("the engine does not show a pod of two containers");
  });
});
