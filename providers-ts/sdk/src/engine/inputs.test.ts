import { AddressSlot, ContainerInputs, type PodInputs, type ValuePart } from "@outboard/contract";
import { expect } from "chai";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostNetworkHostsFile } from "./hosts.js";
import { container, Harness, inputsFor, UID, RETRY_MS } from "./testing/harness.js";

const POD = { restartPolicy: "Always", terminationGracePeriodSeconds: 5, containers: [container("c")] };

function literal(text: string): ValuePart {
  return { part: { $case: "literal", value: Buffer.from(text) } };
}

function inputsOf(fields: Partial<ContainerInputs>, rest: Partial<PodInputs> = {}): PodInputs {
  const c = { ...ContainerInputs.fromPartial({ name: "c" }), ...fields };
  return { ...inputsFor(POD), containers: [c], ...rest };
}

function envOf(h: Harness): Readonly<Record<string, string>> {
  const { env } = h.runtime.specOf(UID, "c");
  return Object.fromEntries(env.map(([name, value]) => [name, Buffer.from(value).toString("utf8")]));
}

describe("pod engine: inputs", () => {
  it("fills address slots at the start, and the last of equal names wins", async () => {
    await using h = await Harness.start();
    const slot = (value: AddressSlot): ValuePart => ({ part: { $case: "address", value } });
    const env = [
      { name: "A", value: { parts: [literal("first")] } },
      { name: "A", value: { parts: [literal("http://"), slot(AddressSlot.POD_IP), literal(":80")] } },
      { name: "H", value: { parts: [slot(AddressSlot.HOST_IPS)] } },
      { name: "EMPTY", value: undefined },
    ];
    const command = [{ parts: [literal("echo "), slot(AddressSlot.POD_IPS)] }];
    await h.create(POD, { inputs: inputsOf({ env, command }) });
    await h.sees("STARTED ready c=R#0");
    expect(envOf(h)).to.deep.equal({ A: "http://10.0.0.7:80", H: "192.0.2.1", EMPTY: "" });
    expect(h.runtime.specOf(UID, "c").command).to.deep.equal(["echo 10.0.0.7"]);
  });

  it("fills the pod's address with the host's where it shares the host's network", async () => {
    await using h = await Harness.start();
    h.runtime.podIPs = [];
    const parts: ValuePart[] = [{ part: { $case: "address", value: AddressSlot.POD_IP } }];
    await h.create(
      { ...POD, hostNetwork: true },
      { inputs: inputsOf({ env: [{ name: "POD_IP", value: { parts } }] }) },
    );
    await h.sees("STARTED ready c=R#0");
    expect(envOf(h)).to.deep.equal({ POD_IP: "192.0.2.1" });
  });

  it("lets a container with an error wait until better inputs arrive, while the others start", async () => {
    await using h = await Harness.start();
    const pod = { ...POD, containers: [container("c"), container("d")] };
    const error = { reason: "CreateContainerConfigError", message: 'configmap "nope" not found' };
    const good = inputsFor(pod);
    const bad = { ...good, containers: good.containers.map((each) => (each.name === "c" ? { ...each, error } : each)) };
    await h.create(pod, { inputs: bad });
    await h.sees("STARTED ready c=CreateContainerConfigError#0 d=R#0");
    const [shown] = h.last.containers;
    expect(shown?.state?.value).to.deep.equal(error);
    expect(h.eventCounts().get('Failed|c|Error: configmap "nope" not found')).to.be.greaterThan(0);
    await h.engine.updateInputs({ uid: UID, inputs: good, inputVersion: 2n });
    await h.sees("STARTED ready c=R#0 d=R#0");
    expect(h.last.inputVersion).to.equal(2n);
  });

  it("ignores inputs that are not newer", async () => {
    await using h = await Harness.start();
    await h.create(POD);
    await h.sees("STARTED ready c=R#0");
    const env = [{ name: "A", value: { parts: [literal("old")] } }];
    await h.engine.updateInputs({ uid: UID, inputs: inputsOf({ env }), inputVersion: 1n });
    h.runtime.exit(UID, "c", 0, { exitCode: 1 });
    await h.sees("STARTED ready c=R#1<1");
    expect(envOf(h)).to.deep.equal({});
  });

  it("shows new files at once and new environment at the next start", async () => {
    await using h = await Harness.start();
    const pod = {
      ...POD,
      containers: [container("c", { volumeMounts: [{ name: "v", mountPath: "/v" }] })],
      volumes: [{ name: "v", configMap: { name: "v" } }],
    };
    const withFile = (content: string): PodInputs => {
      const base = { path: "f", mode: 0o640, sha256: new Uint8Array(), sensitive: false };
      const volumes = [{ name: "v", files: [{ ...base, content: Buffer.from(content) }] }];
      return inputsOf({ env: [{ name: "A", value: { parts: [literal(content)] } }] }, { volumes });
    };
    await h.create(pod, { inputs: withFile("one") });
    await h.sees("STARTED ready c=R#0");
    const [mount] = h.runtime.specOf(UID, "c").mounts;
    const path = join(mount?.source ?? "", "f");
    expect(readFileSync(path, "utf8")).to.equal("one");
    expect(statSync(path).mode & 0o777).to.equal(0o640);
    await h.engine.updateInputs({ uid: UID, inputs: withFile("two"), inputVersion: 2n });
    expect(readFileSync(path, "utf8")).to.equal("two");
    expect(envOf(h)).to.deep.equal({ A: "one" });
    h.runtime.exit(UID, "c", 0, { exitCode: 1 });
    await h.sees("STARTED ready c=R#1<1");
    expect(envOf(h)).to.deep.equal({ A: "two" });
    await h.stopPod(0);
    await h.advance(0);
    await h.until(() => h.state.startsWith("ENDED"), "the end");
    expect(existsSync(path)).to.equal(false);
  });

  it("leaves out mounts of volumes that policy left out", async () => {
    await using h = await Harness.start();
    const volumeMounts = [{ name: "token", mountPath: "/var/run/secrets" }];
    const volumes = [{ name: "token", projected: {} }];
    await h.create({ ...POD, containers: [container("c", { volumeMounts })], volumes });
    await h.sees("STARTED ready c=R#0");
    expect(h.runtime.specOf(UID, "c").mounts).to.deep.equal([]);
  });

  it("reads keys of files that an init container wrote; optional ones may be missing, files may not", async () => {
    await using h = await Harness.start();
    const volumeMounts = [{ name: "e", mountPath: "/e" }];
    const pod = {
      ...POD,
      initContainers: [container("i", { volumeMounts })],
      volumes: [{ name: "e", emptyDir: {} }],
    };
    const key = (name: string, optional: boolean, ifMissing?: string): ValuePart => ({
      part: {
        $case: "fileKey",
        value: {
          volume: "e",
          path: "env",
          key: name,
          optional,
          ifMissing: ifMissing === undefined ? undefined : Buffer.from(ifMissing),
        },
      },
    });
    const env = [
      { name: "A", value: { parts: [key("A", false)] } },
      { name: "GONE", value: { parts: [key("B", true)] } },
      { name: "KEPT", value: { parts: [literal("x"), key("B", true, "$(B)")] } },
    ];
    const inputs = inputsFor(pod);
    const containers = inputs.containers.map((each) => (each.name === "c" ? { ...each, env } : each));
    await h.create(pod, { inputs: { ...inputs, containers } });
    await h.until(() => h.state.includes("i=R#0"), "init runs");
    h.runtime.exit(UID, "i", 0, { exitCode: 0 });
    await h.sees("STARTED ready i=T0#0 c=PodInitializing#0");
    await h.quiet();
    await h.advance(RETRY_MS);
    await h.sees("STARTED ready i=T0#0 c=CreateContainerConfigError#0");
    expect(h.last.containers[1]?.state?.value).to.have.property("message", "couldn't parse env file");
    const [mount] = h.runtime.specOf(UID, "i").mounts;
    writeFileSync(join(mount?.source ?? "", "env"), "A='from file'\n");
    await h.quiet();
    await h.advance(RETRY_MS);
    await h.sees("STARTED ready i=T0#0 c=R#0");
    expect(envOf(h)).to.deep.equal({ A: "from file", KEPT: "x$(B)" });
  });

  it("hands hostname, hosts and resolv.conf to the sandbox", async () => {
    await using h = await Harness.start();
    const seen: string[] = [];
    h.runtime.onSandbox = (spec) => seen.push(spec.hostname, spec.resolvConf ?? "", spec.hostsFile(["10.0.0.7"]));
    const dns = { servers: ["10.96.0.10"], searches: [], options: [] };
    await h.create(POD, { inputs: { ...inputsFor(POD), dns } });
    await h.sees("STARTED ready c=R#0");
    expect(seen[0]).to.equal("p");
    expect(seen[1]).to.equal("nameserver 10.96.0.10\n");
    expect(seen[2]).to.contain("10.0.0.7\tp\n");
  });

  it("hands the machine's own hosts to a sandbox on its network", async () => {
    await using h = await Harness.start();
    const seen: string[] = [];
    h.runtime.onSandbox = (spec) => seen.push(spec.hostsFile(["10.0.0.7"]));
    await h.create({ ...POD, hostNetwork: true });
    await h.sees("STARTED ready c=R#0");
    expect(seen).to.deep.equal([hostNetworkHostsFile({ hosts: [] }, readFileSync("/etc/hosts", "utf8"))]);
  });

  it("merges the pod's securityContext under the container's", async () => {
    await using h = await Harness.start();
    const own = container("c", { securityContext: { runAsUser: 7 } });
    await h.create({ ...POD, securityContext: { runAsUser: 1, runAsGroup: 2, fsGroup: 3 }, containers: [own] });
    await h.sees("STARTED ready c=R#0");
    expect(h.runtime.specOf(UID, "c").securityContext).to.deep.equal({ runAsUser: 7, runAsGroup: 2, fsGroup: 3 });
  });
});

describe("pod engine: changes", () => {
  it("restarts a container whose image changed, whatever the policy", async () => {
    await using h = await Harness.start();
    const pod = { ...POD, restartPolicy: "Never" };
    await h.create(pod);
    await h.sees("STARTED ready c=R#0");
    const changed = { ...pod, containers: [{ ...container("c"), image: "new" }] };
    const json = { kind: "Pod", metadata: { name: "p", namespace: "ns" }, spec: changed };
    await h.engine.updatePod?.({
      uid: UID,
      specRevision: 2n,
      specDigest: new Uint8Array(32).fill(1),
      manifest: { json: Buffer.from(JSON.stringify(json)) },
      inputs: inputsFor(changed),
      inputVersion: 1n,
      changes: [],
    });
    await h.quiet();
    await h.advance(0);
    await h.sees("STARTED ready c=R#1<0");
    expect(h.eventCounts().get("Killing|c|Container c definition changed, will be restarted")).to.equal(1);
    expect(h.last.specRevision).to.equal(2n);
    await h.crash();
    expect(h.last.specDigest).to.deep.equal(new Uint8Array(32).fill(1));
  });
});
