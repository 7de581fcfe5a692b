// `npm run e2e -- virtual-kubelet`, not part of `npm test`: the first run builds the tests.
// virtual-kubelet's own nine end-to-end tests against a node of ours, none left out.

import { execFile } from "node:child_process";
import { type Cluster, requireControlPlane, startCluster } from "@outboard/devcluster";
import { NODE_ADDRESS } from "@outboard/runtimes";
import { expect } from "chai";
import { type GoTestResult, goTestResults } from "../foreign/go-test-output.js";
import { requirePrograms, VIRTUAL_KUBELET_E2E } from "../foreign/programs.js";
import { startWorld, type World } from "../support/index.js";
import { startFront } from "./front.js";

const TESTS = [
  "TestCreatePodWithMandatoryInexistentConfigMap",
  "TestCreatePodWithMandatoryInexistentSecrets",
  "TestCreatePodWithOptionalInexistentConfigMap",
  "TestCreatePodWithOptionalInexistentSecrets",
  "TestGetMetricsResource",
  "TestGetPods",
  "TestGetStatsSummary",
  "TestPodLifecycleForceDelete",
  "TestPodLifecycleGracefulDelete",
];
const RUN_TIMEOUT_MS = 15 * 60_000;

describe("virtual-kubelet's own tests", () => {
  const stack = new AsyncDisposableStack();
  let results: readonly GoTestResult[] = [];

  before(async function () {
    const { tests } = await requirePrograms(this, { tests: VIRTUAL_KUBELET_E2E });
    await requireControlPlane(this);
    this.timeout(RUN_TIMEOUT_MS);
    const cluster = stack.use(await startCluster());
    const gatewayArgs = ["--compatibility", "virtual-kubelet"];
    const world = stack.use(
      await startWorld({ provider: "memory", cluster, gatewayArgs, address: NODE_ADDRESS, isLasting: true }),
    );
    stack.use(await startFront(world, NODE_ADDRESS));
    results = goTestResults(await run(tests, cluster, world));
  });

  after(async function () {
    this.timeout(60_000);
    await stack.disposeAsync();
  });

  it("are nine, and all were run", () => {
    expect(results.map(({ name }) => name.replace("TestEndToEnd/", "")).toSorted()).to.deep.equal(TESTS);
  });

  for (const name of TESTS) {
    it(`${name} passes`, () => {
      const result = results.find((each) => each.name === `TestEndToEnd/${name}`);
      expect(result?.state, result?.output.join("\n")).to.equal("passed");
    });
  }
});

/** What the tests printed, whether they passed or not. */
async function run(program: string, cluster: Cluster, { namespace, nodeName }: World): Promise<string> {
  const flags = { kubeconfig: cluster.adminKubeconfig, namespace, "node-name": nodeName };
  const args = ["-test.v", ...Object.entries(flags).map(([name, value]) => `-${name}=${value}`)];
  return new Promise((resolve) => {
    execFile(program, args, { maxBuffer: 1 << 26, timeout: RUN_TIMEOUT_MS }, (_error, stdout, stderr) => {
      if (stderr !== "") console.error(stderr);
      resolve(stdout);
    });
  });
}
