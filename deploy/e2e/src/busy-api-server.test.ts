import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { backendEmpty, createPod, pod, podWhen, startCluster, startWorld, useCluster } from "./support/index.js";

const PODS = 30;
const FLOW_CONTROL = "/apis/flowcontrol.apiserver.k8s.io/v1";
const NAME = "one-at-a-time";

/** Status writes of nodes: one at a time, more are refused with 429 and Retry-After. */
const LEVEL = {
  metadata: { name: NAME },
  spec: {
    type: "Limited",
    limited: {
      nominalConcurrencyShares: 1,
      lendablePercent: 0,
      borrowingLimitPercent: 0,
      limitResponse: { type: "Reject" },
    },
  },
};
const SCHEMA = {
  metadata: { name: NAME },
  spec: {
    matchingPrecedence: 2,
    priorityLevelConfiguration: { name: NAME },
    rules: [
      {
        subjects: [{ kind: "Group", group: { name: "system:nodes" } }],
        resourceRules: [{ verbs: ["patch"], apiGroups: [""], resources: ["pods/status"], namespaces: ["*"] }],
      },
    ],
  },
};

interface Line {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
}

/** One request of the node. */
interface Asked {
  readonly name: string;
  readonly code: number;
  readonly at: number;
}

function askedOf(file: string, nodeName: string, verb: string, resource: string): readonly Asked[] {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.includes(`system:node:${nodeName}`));
  return lines
    .map((line) => JSON.parse(line) as Line)
    .filter(({ verb: own, objectRef }) => own === verb && pathOf(objectRef) === resource)
    .map(({ objectRef, responseStatus, requestReceivedTimestamp }) => ({
      name: objectRef?.name ?? "",
      code: responseStatus?.code ?? 0,
      at: Date.parse(requestReceivedTimestamp),
    }));
}

function pathOf(reference: Line["objectRef"]): string {
  return [reference?.resource, reference?.subresource].filter((part) => part !== undefined && part !== "").join("/");
}

describe("an API server that refuses what is too much for it", () => {
  useCluster();
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "ob-busy-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is asked again when it said, all statuses arrive, and the lease is never late", async function () {
    this.timeout(240_000);
    const auditLog = join(folder, "audit.log");
    const apiServerArgs = ["--max-requests-inflight=8", "--max-mutating-requests-inflight=4"];
    await using cluster = await startCluster({ report: () => {}, auditLog, apiServerArgs });
    await cluster.api.create(`${FLOW_CONTROL}/prioritylevelconfigurations`, LEVEL);
    await cluster.api.create(`${FLOW_CONTROL}/flowschemas`, SCHEMA);
    await using world = await startWorld({ provider: "memory", cluster });
    const names = Array.from({ length: PODS }, (_, index) => `p-${index}`);
    await Promise.all(names.map((name) => createPod(world, pod(world, name))));
    for (const name of names)
      await podWhen(world, name, ({ status }) => status?.phase === "Running", {
        message: "Running",
        timeoutMs: 120_000,
      });
    const deletedAt = Date.now();
    await world.kubectl(["delete", "pod", "--all"]);
    await backendEmpty(world);
    const patches = askedOf(auditLog, world.nodeName, "patch", "pods/status");
    const refused = patches.filter(({ code }) => code === 429);
    const done = patches.filter(({ code }) => code === 200);
    console.log(`        ${done.length} status writes, ${refused.length} refused for the moment`);
    expect(refused.length).to.be.greaterThan(0);
    expect(refused.length).to.be.lessThan(3 * PODS);
    for (const name of names) expect(done.filter((asked) => asked.name === name).length, name).to.be.within(2, 4);
    const renewals = askedOf(auditLog, world.nodeName, "update", "leases").map(({ at }) => at);
    const gaps = renewals.slice(1).map((at, index) => at - (renewals[index] ?? at));
    expect(Math.max(0, ...gaps)).to.be.lessThan(12_000);
    expect(Math.min(...pausesIn(patches.filter(({ at }) => at < deletedAt)))).to.be.within(950, 10_000);
  });
});

/** Milliseconds from each refusal until the same pod's next try. */
function pausesIn(patches: readonly Asked[]): readonly number[] {
  return patches.flatMap(({ name, code, at }, index) => {
    const next = patches.slice(index + 1).find((other) => other.name === name);
    return code === 429 && next !== undefined ? [next.at - at] : [];
  });
}
