import { expect } from "chai";
// oxlint-disable-next-line import/no-unassigned-import -- sets globals at its first load, which must not be in a test
import "./certificate-request.js";
import type { Pod, PodStatus } from "../domain/kubernetes.js";
import { ApiError, type PodSourceEvent } from "../ports/pods.js";
import type { Kube } from "./connect.js";
import { boundPod, type Cluster, connectAsNode, eventually, nodeObject, startOrSkip } from "./testing/control-plane.js";

const NODE = "virtual-1";
const PODS = "/api/v1/namespaces/default/pods";

/** Reads the pod source in the background. */
class Watching {
  readonly events: PodSourceEvent[] = [];
  readonly #end = new AbortController();
  readonly #running: Promise<void>;

  constructor(kube: Kube) {
    this.#running = this.#read(kube);
  }

  last(name: string): PodSourceEvent | undefined {
    return this.events.findLast(
      (event) => (event.kind === "set" || event.kind === "gone") && event.pod.metadata.name === name,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new Error("test over"));
    await this.#running;
  }

  async #read(kube: Kube): Promise<void> {
    for await (const event of kube.pods.watch(this.#end.signal)) {
      this.events.push(event);
    }
  }
}

describe("a node at a real API server", function () {
  let cluster: Cluster;
  let kube: Kube;
  let signal: AbortSignal; // from the start of the suite: others may have run for long
  before(() => {
    signal = AbortSignal.timeout(180_000);
  });

  before(async function () {
    cluster = await startOrSkip(this);
    kube = await connectAsNode(cluster, NODE);
    await kube.node.create(nodeObject(NODE), signal);
    await cluster.api.create("/api/v1/namespaces/default/secrets", { metadata: { name: "s" }, data: { k: "djE=" } });
    await cluster.api.create("/api/v1/namespaces/default/configmaps", { metadata: { name: "c" }, data: { A: "1" } });
    await cluster.api.create("/api/v1/namespaces/default/secrets", {
      metadata: { name: "foreign" },
      data: { k: "eA==" },
    });
  });

  after(async () => {
    await kube?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  async function createPod(name: string): Promise<Pod> {
    return cluster.api.create<Pod>(PODS, boundPod(name, NODE, { secret: "s", configMap: "c" }));
  }

  async function removePod(name: string): Promise<void> {
    await cluster.api.delete(`${PODS}/${name}`, { query: { gracePeriodSeconds: 0 } }).catch(() => undefined);
  }

  it("creates its Node once and reads it", async () => {
    const node = await kube.node.get(signal);
    expect(node?.metadata?.name).to.equal(NODE);
    const again = await kube.node.create(nodeObject(NODE), signal).catch((error: unknown) => error);
    expect(again).to.be.instanceOf(ApiError);
    expect((again as ApiError).status).to.equal(409);
    expect((again as ApiError).reason).to.equal("AlreadyExists");
  });

  it("patches its Node's conditions, addresses and annotations and leaves the rest alone", async () => {
    const from = (await kube.node.get(signal)) ?? {};
    const [ready] = from.status?.conditions ?? [];
    if (ready === undefined) throw new Error("no condition");
    const addresses = [
      { type: "InternalIP", address: "10.0.0.1" },
      { type: "InternalIP", address: "fd00::1" },
    ];
    const conditions = [{ ...ready, status: "False", reason: "ProviderAway" }];
    const to = {
      ...from,
      metadata: { ...from.metadata, annotations: { "outboard.dev/cluster-id": "abc" } },
      status: { ...from.status, conditions, addresses },
    };
    const now = await kube.node.patchStatus(from, to, signal);
    expect(now).to.deep.nested.include({ "status.addresses": addresses, "status.capacity.cpu": "4" });
    expect(now).to.have.nested.property("status.conditions[0].reason", "ProviderAway");
  });

  it("knows which cluster this is, and what the Node remembers of it", async () => {
    expect(await kube.clusterId(await kube.node.get(signal))).to.equal("abc");
    expect(await kube.clusterId(undefined)).to.match(/^[0-9a-f]{64}$/);
  });

  it("says undefined when it patches a Node that does not exist", async () => {
    await using other = await connectAsNode(cluster, "nobody");
    const from = nodeObject("nobody");
    const to = { ...from, metadata: { ...from.metadata, annotations: { a: "b" } } };
    expect(await other.node.patchStatus(from, to, signal)).to.equal(undefined);
    expect(await other.node.get(signal)).to.equal(undefined);
  });

  it("keeps its Lease and sees a conflict as 409", async () => {
    expect(await kube.lease.get(signal)).to.equal(undefined);
    const spec = { holderIdentity: NODE, leaseDurationSeconds: 40, renewTime: "2026-01-01T00:00:00.000000Z" };
    const created = await kube.lease.create({ metadata: { name: NODE, namespace: "kube-node-lease" }, spec }, signal);
    const renewed = await kube.lease.replace(
      { ...created, spec: { ...spec, renewTime: "2026-01-01T00:00:10.000000Z" } },
      signal,
    );
    expect(renewed?.spec?.renewTime).to.equal("2026-01-01T00:00:10.000000Z");
    const stale = await kube.lease.replace(created, signal).catch((error: unknown) => error);
    expect((stale as ApiError).status).to.equal(409);
    await cluster.api.delete(`/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${NODE}`);
    expect(await kube.lease.replace(renewed ?? created, signal)).to.equal(undefined);
  });

  it("watches its pods: the list first, then each change, then the end", async () => {
    await using watching = new Watching(kube);
    await eventually(() => watching.events[0]?.kind === "list", { message: "a list" });
    const created = await createPod("watched");
    const seen = await eventually(() => watching.last("watched"), { message: "the new pod" });
    if (seen.kind !== "set") throw new Error("not set");
    expect(seen.pod.metadata.uid).to.equal(created.metadata.uid);
    expect(seen.pod.metadata).to.not.have.property("managedFields");
    expect(seen.pod.kind).to.equal("Pod");
    await removePod("watched");
    await eventually(() => watching.last("watched")?.kind === "gone", { message: "the end of the pod" });
  });

  it("lists a pod exactly as it watches it", async () => {
    await using watching = new Watching(kube);
    await eventually(() => watching.events[0]?.kind === "list", { message: "a list" });
    await createPod("same");
    const seen = await eventually(() => watching.last("same"), { message: "the new pod" });
    await using second = new Watching(kube);
    const list = await eventually(() => second.events[0], { message: "a list" });
    if (list.kind !== "list" || seen.kind !== "set") throw new Error("wrong kind");
    const listed = list.pods.find(({ metadata }) => metadata.name === "same");
    expect(JSON.stringify(listed)).to.equal(JSON.stringify(seen.pod));
    await removePod("same");
  });

  it("patches a pod's status and says gone for a pod of another UID", async () => {
    const pod = await createPod("patched");
    const status: PodStatus = { phase: "Running", podIP: "10.1.2.3", podIPs: [{ ip: "10.1.2.3" }] };
    const written = await kube.podWriter.patchStatus(pod, pod.status ?? {}, status, signal);
    expect(written.kind === "ok" && written.pod.status?.phase).to.equal("Running");
    const same = await kube.podWriter.patchStatus(pod, status, status, signal);
    expect(same.kind === "ok" && same.pod).to.equal(pod);
    const other = { ...pod, metadata: { ...pod.metadata, uid: "00000000-0000-0000-0000-000000000000" } };
    expect(await kube.podWriter.patchStatus(other, {}, { phase: "Failed" }, signal)).to.deep.equal({ kind: "gone" });
    expect(await kube.podWriter.get(other, signal)).to.deep.equal({ kind: "gone" });
    await kube.podWriter.delete(other, signal);
    const still = await kube.podWriter.get(pod, signal);
    expect(still.kind === "ok" && still.pod.status?.phase).to.equal("Running");
    await kube.podWriter.delete(pod, signal);
    expect(await kube.podWriter.get(pod, signal)).to.deep.equal({ kind: "gone" });
    await kube.podWriter.delete(pod, signal);
  });

  it("reads what a bound pod refers to, right after binding, and nothing else", async () => {
    const pod = await createPod("reader");
    expect((await kube.inputs.secret("default", "s", signal))?.data).to.deep.equal({ k: "djE=" });
    expect((await kube.inputs.configMap("default", "c", signal))?.data).to.deep.equal({ A: "1" });
    const foreign = await kube.inputs.secret("default", "foreign", signal).catch((error: unknown) => error);
    expect((foreign as ApiError).status).to.equal(403);
    await kube.podWriter.delete(pod, signal);
  }).timeout(30_000);

  it("requests tokens bound to the pod, keeps them, and knows a missing account", async () => {
    const pod = await createPod("tokens");
    const request = { pod, audience: "vault", expirationSeconds: 600 };
    const token = await kube.inputs.token(request, signal);
    const claims = JSON.parse(Buffer.from(token?.token.split(".")[1] ?? "", "base64url").toString()) as {
      aud: string[];
      "kubernetes.io": { pod: { uid: string } };
    };
    expect(claims.aud).to.deep.equal(["vault"]);
    expect(claims["kubernetes.io"].pod.uid).to.equal(pod.metadata.uid);
    expect(await kube.inputs.token(request, signal)).to.deep.equal(token);
    kube.inputs.forget(pod.metadata.uid);
    expect((await kube.inputs.token(request, signal))?.token).to.be.a("string");
    await kube.podWriter.delete(pod, signal);
    const late = await kube.inputs
      .token({ ...request, expirationSeconds: 601 }, signal)
      .catch((error: unknown) => error);
    expect(late).to.be.instanceOf(ApiError);
  }).timeout(30_000);

  it("knows the services of a namespace and runtime classes by name", async () => {
    await cluster.api.create("/api/v1/namespaces/kube-public/services", {
      metadata: { name: "web" },
      spec: { ports: [{ port: 80 }] },
    });
    await cluster.api.create("/apis/node.k8s.io/v1/runtimeclasses", { metadata: { name: "gvisor" }, handler: "runsc" });
    const names = await eventually(
      async () => {
        const found = (await kube.inputs.services("kube-public", signal)).map((service) => service.metadata?.name);
        return found.includes("web") && found;
      },
      { message: "the service" },
    );
    expect(names).to.deep.equal(["web", "kubernetes"]);
    expect(await kube.inputs.runtimeHandler("gvisor", signal)).to.equal("runsc");
    expect(await kube.inputs.runtimeHandler("none", signal)).to.equal(undefined);
  });

  it("records events as a kubelet does", async () => {
    const pod = await createPod("evented");
    const { name, namespace, uid } = pod.metadata;
    const target = { kind: "Pod", name, namespace, uid, fieldPath: "spec.containers{main}" } as const;
    for (let times = 0; times < 3; times += 1) {
      kube.events.record({ target, type: "Normal", reason: "Started", message: "Container started" });
    }
    kube.events.record({
      target: { kind: "Node", name: NODE, namespace: "", uid: NODE },
      type: "Warning",
      reason: "ProviderLost",
      message: "the provider is away",
    });
    await kube.events.flush(10_000);
    expect(kube.events.dropped).to.equal(0);
    const list = await cluster.api.list<RecordedEvent>("/api/v1/namespaces/default/events");
    const started = list.items.filter(({ reason }) => reason === "Started");
    expect(started).to.have.length(1);
    expect(started[0]).to.deep.include({ count: 3, type: "Normal", message: "Container started" });
    expect(started[0]?.source).to.deep.equal({ component: "kubelet", host: NODE });
    expect(started[0]?.reportingComponent).to.equal("kubelet");
    expect(started[0]?.metadata.name).to.match(/^evented\.[0-9a-f]+$/);
    expect(list.items.map(({ reason }) => reason)).to.include("ProviderLost");
    await kube.podWriter.delete(pod, signal);
  }).timeout(20_000);

  it("reviews tokens and access", async () => {
    const issued = await cluster.api.create<{ metadata: { name: string }; status: { token: string } }>(
      "/api/v1/namespaces/default/serviceaccounts/default/token",
      { spec: { expirationSeconds: 600 } },
    );
    const verdict = await kube.reviews.reviewToken(issued.status.token, signal);
    if (verdict.kind !== "authenticated") throw new Error("rejected");
    expect(verdict.user.name).to.equal("system:serviceaccount:default:default");
    expect(verdict.user.groups).to.include("system:serviceaccounts");
    expect(await kube.reviews.reviewToken("no.such.token", signal)).to.deep.equal({ kind: "rejected" });
    const question = { verb: "get", nodeName: NODE, subresource: "proxy" };
    expect(await kube.reviews.reviewAccess({ ...question, user: verdict.user }, signal)).to.equal(false);
    const admin = { name: "root", uid: "", groups: ["system:masters"], extra: {} };
    expect(await kube.reviews.reviewAccess({ ...question, user: admin }, signal)).to.equal(true);
  });

  it("gets a serving certificate once somebody approves its request", async () => {
    const addresses = [
      { type: "InternalIP", address: "10.0.0.1" },
      { type: "Hostname", address: NODE },
    ];
    const pending = kube.servingCertificate({ addresses }, signal);
    await approveRequests(cluster);
    const { cert, key, notAfter } = await pending;
    const { X509Certificate, createPrivateKey } = await import("node:crypto");
    const parsed = new X509Certificate(cert);
    expect(parsed.subject).to.contain(`CN=system:node:${NODE}`).and.to.contain("O=system:nodes");
    expect(parsed.subjectAltName).to.equal(`DNS:${NODE}, IP Address:10.0.0.1`);
    expect(parsed.checkPrivateKey(createPrivateKey(key))).to.equal(true);
    expect(notAfter.getTime()).to.be.greaterThan(Date.now());
  }).timeout(60_000);

  it("lives through a restart of the API server: lost once, then a list that has what happened meanwhile", async () => {
    await using watching = new Watching(kube);
    await eventually(() => watching.events[0]?.kind === "list", { message: "a list" });
    await cluster.killApiServer();
    await eventually(() => watching.events.at(-1)?.kind === "lost", { message: "the loss" });
    const failed = await kube.node.get(signal).catch((error: unknown) => error);
    expect((failed as ApiError).status).to.equal(0);
    await cluster.startApiServer();
    const created = await createPod("after");
    await eventually(
      () =>
        watching.events.some(
          (event) =>
            (event.kind === "list" && event.pods.some(({ metadata }) => metadata.uid === created.metadata.uid)) ||
            (event.kind === "set" && event.pod.metadata.uid === created.metadata.uid),
        ),
      { message: "the pod made meanwhile", timeoutMs: 60_000 },
    );
    expect(watching.events.filter(({ kind }) => kind === "lost")).to.have.length(1);
    expect(watching.events.filter(({ kind }) => kind === "list")).to.have.length(2);
    await removePod("after");
  }).timeout(120_000);
});

interface RecordedEvent {
  readonly metadata: { readonly name: string };
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly type: string;
  readonly source: object;
  readonly reportingComponent: string;
}

/** What a cluster's approver does. */
async function approveRequests(cluster: Cluster): Promise<void> {
  const path = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
  const request = await eventually(async () => (await cluster.api.list(path)).items[0], { message: "the request" });
  const conditions = [{ type: "Approved", status: "True", reason: "Test", message: "approved by the test" }];
  await cluster.api.replace(`${path}/${request.metadata.name}/approval`, { ...request, status: { conditions } });
}
