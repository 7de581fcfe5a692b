import { readFileSync } from "node:fs";
import { connect } from "node:tls";
import { expect } from "chai";
import {
  createPod,
  eventually,
  type Node,
  pod,
  podRunning,
  startWorld,
  useCluster,
  type World,
} from "./support/index.js";

interface SigningRequest {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly signerName: string; readonly username: string };
}

/** Does the kubelet port show a certificate of the cluster's CA? */
async function isVerified(world: World): Promise<boolean> {
  const node = await world.api.get<Node>(`/api/v1/nodes/${world.nodeName}`);
  const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
  const ca = readFileSync(world.cluster.caFile);
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, ca, servername: world.nodeName }, () => {
      resolve(socket.authorized);
      socket.destroy();
    });
    socket.once("error", () => resolve(false));
  });
}

describe("the serving certificate", () => {
  useCluster();

  it("comes from the cluster once its request is approved; until then the port answers nobody", async () => {
    await using world = await startWorld({ provider: "memory", gatewayArgs: ["--server-certificate", "csr"] });
    const path = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
    const request = await eventually(
      async () => {
        const { items } = await world.api.list<SigningRequest>(path);
        return items.find(({ spec }) => spec.username === `system:node:${world.nodeName}`);
      },
      { message: "the request" },
    );
    expect(request.spec.signerName).to.equal("kubernetes.io/kubelet-serving");
    expect(await isVerified(world)).to.equal(false);
    await world.kubectl(["certificate", "approve", request.metadata.name]);
    await eventually(() => isVerified(world), { message: "a certificate of the cluster's CA", timeoutMs: 40_000 });
    await createPod(world, pod(world, "talker"));
    await podRunning(world, "talker");
    expect(await world.kubectl(["logs", "talker"])).to.contain("line");
  });
});
