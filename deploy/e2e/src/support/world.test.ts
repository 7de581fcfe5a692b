// The harness judged without our own programs: a stand-in for the gateway, a shell for the provider.

import { join } from "node:path";
import { expect } from "chai";
import { eventually, findLeftovers, isNotFound } from "@outboard/devcluster";
import { container, deployment, pod } from "./builders.js";
import { createCanary, findCanary } from "./canary.js";
import { useCluster } from "./shared-cluster.js";
import { startWorld, type World, type WorldOptions } from "./world.js";
import type { Pod } from "./objects.js";

const FAKE_GATEWAY = [process.execPath, join(import.meta.dirname, "testing", "fake-gateway.js")] as const;

/** Makes a file where the socket should be, then waits; "$1" is the socket. */
const FAKE_PROVIDER = ["sh", "-c", 'echo provider starts; : > "$1"; exec sleep 600', "provider"] as const;

async function start(more: Partial<WorldOptions> = {}): Promise<World> {
  return startWorld({ provider: "memory", gatewayCommand: FAKE_GATEWAY, providerCommand: FAKE_PROVIDER, ...more });
}

describe("startWorld", () => {
  useCluster();

  it("gives each test its own Ready node, namespace and processes, and takes all of it away", async () => {
    const world = await start();
    expect(await world.kubectl(["get", "node", world.nodeName, "--no-headers"])).to.match(/ Ready /);
    expect(world.gateway.log()).to.contain(`fake gateway of ${world.nodeName} starts`);
    await world[Symbol.asyncDispose]();
    const node = await world.api.get(`/api/v1/nodes/${world.nodeName}`).catch((error: unknown) => error);
    expect(isNotFound(node)).to.equal(true);
    expect(findLeftovers(world.folder)).to.deep.equal([]);
  });

  it("places pods of a deployment on the world's own node only", async () => {
    await using world = await start();
    await world.api.create(`/apis/apps/v1/namespaces/${world.namespace}/deployments`, deployment(world, "web", 2));
    const probe = async (): Promise<boolean> => {
      const pods = await world.api.list<Pod>(`/api/v1/namespaces/${world.namespace}/pods`);
      return pods.items.filter((item) => item.spec.nodeName === world.nodeName).length === 2;
    };
    await eventually(probe, { message: "both pods bound to the node" });
  });

  it("starts a killed gateway again and answers only when it renewed the lease", async () => {
    await using world = await start();
    const first = world.gateway.pid();
    await world.killGateway();
    expect(world.gateway.pid()).to.equal(undefined);
    await world.startGateway();
    expect(world.gateway.pid()).to.be.a("number").not.equal(first);
    expect(world.gateway.log().match(/starts/g)).to.have.length(2);
  });

  it("says at once how a gateway ended that could not start", async () => {
    const broken = start({ gatewayCommand: ["sh", "-c", "echo --kubeconfig: no such file; exit 3"] });
    const error = await broken.catch((cause: unknown) => cause);
    expect(error)
      .to.have.property("message")
      .that.matches(/gateway ended with exit code 3.*\n.*no such file/);
  });

  it("finds a canary in events and logs, also when it is encoded", async () => {
    const canary = createCanary();
    const hidden = Buffer.from(`{"token":"${canary}"}`).toString("base64");
    const leak = ["sh", "-c", `echo "${hidden}"; exec "$0" "$@"`] as const;
    await using world = await start({ gatewayCommand: [...leak, ...FAKE_GATEWAY] });
    expect(await findCanary(world, canary)).to.deep.equal(["log of the gateway"]);
    await world.api.create(`/api/v1/namespaces/${world.namespace}/pods`, pod(world, "p", { annotations: { canary } }));
    expect(await findCanary(world, canary)).to.deep.equal(["log of the gateway", "pods of the namespace"]);
    expect(await findCanary(world, createCanary())).to.deep.equal([]);
  });

  it("ends what a provider left behind", async () => {
    const shim = 'sh -c "sleep 600; :" "$1" & : > "$1"; exec sleep 600';
    const world = await start({ providerCommand: ["sh", "-c", shim, "provider"] });
    await world.provider.kill();
    expect(findLeftovers(world.folder).length).to.be.greaterThan(0);
    await world[Symbol.asyncDispose]();
    await eventually(() => findLeftovers(world.folder).length === 0, { message: "end of the leftovers" });
  });
});

describe("the builders", () => {
  it("write a pod that only the world's node may run", () => {
    const place = { nodeName: "n", namespace: "ns" };
    expect(pod(place, "p").spec.nodeName).to.equal("n");
    expect(deployment(place, "d", 1).spec.template.spec.nodeName).to.equal(undefined);
    expect(container("c", "true").command).to.deep.equal(["sh", "-c", "true"]);
  });
});
