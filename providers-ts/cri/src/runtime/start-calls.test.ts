import { join } from "node:path";
import { expect } from "chai";
import { BUSYBOX_IMAGE, describeEnclosed } from "@outboard/runtimes";
import { POD_UID } from "../map/labels.js";
import { PodStore } from "./pod-store.js";
import { NEEDS, VERSIONS, World } from "../testing/world.js";

/** What the provider asks now and then, whatever is started. */
const BESIDE = ["status", "version", "listImages", "getContainerEvents"];

type Call = (request: object, ...rest: readonly unknown[]) => unknown;

/** Notes every call that is about one pod or image. */
function noteCalls(service: object, calls: string[]): void {
  for (const [name, call] of Object.entries(service) as readonly [string, Call][]) {
    if (BESIDE.includes(name)) continue;
    const noted: Call = (request, ...rest) => {
      const { filter } = request as { readonly filter?: { readonly labelSelector: ReadonlyMap<string, string> } };
      if (filter === undefined || filter.labelSelector.has(POD_UID)) calls.push(name);
      return call(request, ...rest);
    };
    Object.assign(service, { [name]: noted });
  }
}

describeEnclosed({ title: "CriRuntime: calls of a start", file: import.meta.filename, needs: NEEDS }, () => {
  for (const version of VERSIONS) {
    describe(version, function () {
      this.timeout(60_000);
      let world: World;
      const calls: string[] = [];

      before(async () => {
        world = await World.open(version);
        noteCalls(world.client.runtime, calls);
        noteCalls(world.client.images, calls);
      });

      beforeEach(() => {
        calls.length = 0;
      });

      after(async () => {
        await world[Symbol.asyncDispose]();
      });

      /** As the engine does it. */
      async function start(pod: Awaited<ReturnType<World["pod"]>>, name: string, attempt = 0): Promise<string> {
        await world.runtime.hasImage(BUSYBOX_IMAGE);
        await world.pull(BUSYBOX_IMAGE);
        const { id } = await world.runtime.startContainer(world.container(pod, ["sleep", "100"], { name, attempt }));
        return id;
      }

      it("asks for nothing that it knows", async () => {
        const pod = await world.pod();
        expect(calls).to.deep.equal(["runPodSandbox", "podSandboxStatus"]);
        for (const name of ["one", "two"]) {
          calls.length = 0;
          await start(pod, name);
          expect(calls).to.deep.equal(["imageStatus", "createContainer", "startContainer", "containerStatus"]);
        }
        await world.runtime.removePod(pod.uid);
      });

      it("looks for what an earlier process may have made", async () => {
        const pod = await world.pod();
        const id = await start(pod, "main");
        await world.restart();
        calls.length = 0;
        expect((await world.runtime.createSandbox(pod)).id).to.equal(pod.id);
        expect(await start(pod, "main")).to.equal(id);
        expect(calls.filter((name) => name.startsWith("list"))).to.deep.equal(["listPodSandbox", "listContainers"]);
        await world.runtime.removePod(pod.uid);
      });

      it("looks for what a start of its own may have made that failed", async () => {
        const pod = await world.pod();
        const { startContainer } = world.client.runtime;
        const lost = new Error("the answer was lost");
        Object.assign(world.client.runtime, {
          startContainer: async (...args: Parameters<typeof startContainer>) => {
            await startContainer(...args);
            throw lost;
          },
        });
        const error: unknown = await start(pod, "main").catch((caught: unknown) => caught);
        Object.assign(world.client.runtime, { startContainer });
        expect(error).to.have.property("message", lost.message);
        calls.length = 0;
        await start(pod, "main");
        expect(calls).to.deep.equal(["imageStatus", "listContainers", "containerStatus"]);
        await world.runtime.removePod(pod.uid);
      });

      it("looks for the sandbox of a pod that it has forgotten and the runtime has not", async () => {
        const pod = await world.pod();
        await world.restart();
        new PodStore(join(world.folder, "state")).remove(pod.uid);
        calls.length = 0;
        const again = await world.runtime.createSandbox(pod);
        expect(again.id).not.to.equal(pod.id);
        expect(calls[0]).to.equal("listPodSandbox");
        await world.runtime.removePod(pod.uid);
      });
    });
  }
});
