// virtual-kubelet's tests expect it to run as a pod with the node's name, and read its figures through that pod's proxy,
// without credentials. Our kubelet port lets nobody in without: a pod object with a relay behind it stands in front, as an
// operator would put one there, with a service account that may read figures and nothing else.

import { createServer, request, type Server } from "node:https";
import { createAuthority, issue } from "@outboard/devcluster";
import type { World } from "../support/index.js";
import { createCaller, kubeletPort } from "../support/kubelet-client.js";

/** The port that the tests have written down. */
const PORT = 10_250;
const FIGURES = ["stats", "metrics"];

/** `address`: one that the API server may proxy to, so not loopback. */
export async function startFront(world: World, address: string): Promise<AsyncDisposable> {
  const token = await createCaller(world, "front", FIGURES);
  const server = relay({ address, port: await kubeletPort(world), token });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(PORT, address, resolve));
  await createFrontPod(world, address);
  return {
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Target {
  readonly address: string;
  readonly port: number;
  readonly token: string;
}

function relay({ address, port, token }: Target): Server {
  const authority = createAuthority("front", new Date());
  const { certificatePem, keyPem } = issue(
    authority,
    { commonName: "front", usage: "server", ipAddresses: [address] },
    new Date(),
  );
  return createServer({ cert: certificatePem, key: keyPem }, (incoming, outgoing) => {
    const headers = { authorization: `Bearer ${token}` };
    const options = { host: address, port, path: incoming.url, headers, rejectUnauthorized: false };
    const call = request({ ...options, method: incoming.method }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    call.once("error", (error) => outgoing.writeHead(502).end(error.message));
    incoming.pipe(call);
  });
}

/** No scheduler and no node takes it: it only tells the API server where the relay is. */
async function createFrontPod({ api, namespace, nodeName }: World, address: string): Promise<void> {
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const containers = [{ name: "relay", image: "outboard.test/relay:1" }];
  await api.create(pods, { metadata: { name: nodeName }, spec: { schedulerName: "nobody", containers } });
  const status = { podIP: address, podIPs: [{ ip: address }] };
  await api.patch(`${pods}/${nodeName}/status`, { status });
}
