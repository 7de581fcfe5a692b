// The harness with our own programs: what every cluster test relies on.

import { expect } from "chai";
import { eventually, findLeftovers } from "@outboard/devcluster";
import { container, deployment, pod } from "./builders.js";
import type { Deployment, Pod } from "./objects.js";
import type { ProviderName } from "./programs.js";
import { useCluster } from "./shared-cluster.js";
import { startWorld, type World } from "./world.js";

const podPath = (world: World, name: string): string => `/api/v1/namespaces/${world.namespace}/pods/${name}`;

async function running(world: World, name: string): Promise<Pod> {
  const probe = async (): Promise<Pod | false> => {
    const found = await world.api.get<Pod>(podPath(world, name));
    return found.status?.phase === "Running" && found.status.containerStatuses?.[0]?.ready === true && found;
  };
  return eventually(probe, { message: `pod ${name} running` });
}

for (const provider of ["memory", "process"] as const satisfies readonly ProviderName[]) {
  describe(`a world with the ${provider} provider`, () => {
    useCluster();

    it("runs a pod, and keeps it over a killed gateway and a killed provider", async () => {
      await using world = await startWorld({ provider });
      await world.api.create(`/api/v1/namespaces/${world.namespace}/pods`, pod(world, "p"));
      const first = await running(world, "p");
      await world.killGateway();
      await world.killProvider();
      await world.startProvider();
      await world.startGateway();
      const again = await running(world, "p");
      expect(again.status?.containerStatuses?.[0]).to.have.property("restartCount", 0);
      expect(again.status?.containerStatuses?.[0]?.containerID).to.equal(
        first.status?.containerStatuses?.[0]?.containerID,
      );
    });

    it("scales a deployment up and to zero, and leaves no process behind", async () => {
      const world = await startWorld({ provider });
      const path = `/apis/apps/v1/namespaces/${world.namespace}/deployments`;
      await world.api.create(path, deployment(world, "web", 2));
      const ready = async (count: number): Promise<boolean> =>
        ((await world.api.get<Deployment>(`${path}/web`)).status?.readyReplicas ?? 0) === count;
      await eventually(async () => ready(2), { message: "two ready replicas" });
      await world.kubectl(["scale", "deployment", "web", "--replicas=0"]);
      const pods = `/api/v1/namespaces/${world.namespace}/pods`;
      await eventually(async () => (await world.api.list(pods)).items.length === 0, { message: "end of all pods" });
      await world[Symbol.asyncDispose]();
      expect(findLeftovers(world.folder)).to.deep.equal([]);
    });
  });
}

describe("a world with the process provider", () => {
  useCluster();

  it("runs the host's shell under any image name and serves its log", async () => {
    await using world = await startWorld({ provider: "process" });
    const spec = { containers: [container("main", "echo from the shell; exit 3")], restartPolicy: "Never" } as const;
    await world.api.create(`/api/v1/namespaces/${world.namespace}/pods`, pod(world, "p", { spec }));
    const failed = async (): Promise<boolean> =>
      (await world.api.get<Pod>(podPath(world, "p"))).status?.phase === "Failed";
    await eventually(failed, { message: "phase Failed" });
    expect(await world.kubectl(["logs", "p"])).to.equal("from the shell\n");
  });
});
