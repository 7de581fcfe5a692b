import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import {
  containsCanary,
  createCanary,
  createPod,
  findCanary,
  pod,
  podWhen,
  startWorld,
  useCluster,
} from "./support/index.js";

describe("a secret", () => {
  useCluster();

  for (const provider of ["memory", "process"] as const) {
    it(`shows in no log, event, status, metric or inspect output (${provider})`, async () => {
      await using world = await startWorld({ provider, gatewayArgs: ["--feature-policy", "image.pull_secrets=warn"] });
      const canary = createCanary();
      const base = `/api/v1/namespaces/${world.namespace}`;
      const auth = Buffer.from(`user:${canary}`).toString("base64");
      await world.api.create(`${base}/secrets`, {
        metadata: { name: "safe" },
        stringData: { value: canary, bad: `'${canary}` },
      });
      await world.api.create(`${base}/secrets`, {
        metadata: { name: "registry" },
        type: "kubernetes.io/dockerconfigjson",
        stringData: {
          ".dockerconfigjson": JSON.stringify({
            auths: { "outboard.test": { username: "user", password: canary, auth } },
          }),
        },
      });
      const main = {
        name: "main",
        image: "outboard.test/shell:1",
        command: ["sh", "-c", "sleep 1; exit 1"],
        args: ["$(SECRET)"],
        env: [{ name: "SECRET", valueFrom: { secretKeyRef: { name: "safe", key: "value" } } }],
        volumeMounts: [{ name: "v", mountPath: "/v" }],
      };
      const failing = { ...main, name: "failing", command: ["/not/there/$(SECRET)"] };
      const spec = {
        containers: [main, failing],
        volumes: [{ name: "v", secret: { secretName: "safe" } }],
        imagePullSecrets: [{ name: "registry" }],
      };
      await createPod(world, { ...pod(world, "holder"), spec: { ...pod(world, "holder").spec, ...spec } });
      await podWhen(
        world,
        "holder",
        ({ status }) =>
          (status?.containerStatuses ?? []).some(
            ({ state, restartCount }) => state?.running !== undefined || restartCount > 0,
          ),
        { message: "running" },
      );
      await world.killProvider();
      await world.startProvider();
      await world.kubectl(["delete", "pod", "holder", "--wait=false"]);
      expect(await findCanary(world, canary)).to.deep.equal([]);
      const metrics = await (await fetch(`http://127.0.0.1:${world.managementPort}/metrics`)).text();
      expect(containsCanary(metrics, canary)).to.equal(false);
      const outboard = join(import.meta.dirname, "..", "..", "..", "gateway", "bin", "outboard.mjs");
      const { stdout } = await promisify(execFile)(process.execPath, [
        outboard,
        "inspect",
        "--provider",
        `unix://${world.socket}`,
      ]);
      expect(stdout).to.contain("provider");
      expect(containsCanary(stdout, canary)).to.equal(false);
    });
  }
});
