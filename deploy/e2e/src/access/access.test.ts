// Who gets what from the kubelet port: each route for each kind of caller, at a real gateway with a real API server behind it.

import { expect } from "chai";
import {
  createPod,
  type Node,
  pod,
  podRunning,
  sharedCluster,
  startWorld,
  useCluster,
  type World,
} from "../support/index.js";
import { type Caller, createCaller } from "./caller.js";
import { type TableCaller, tableCallers } from "./credentials.js";
import { crookedPaths, type Route, routesFor } from "./routes.js";

const PARALLEL = 8;

describe("the kubelet port", () => {
  useCluster();
  let world: World;
  let callers: readonly TableCaller[];
  let port: number;

  before(async function () {
    this.timeout(90_000);
    world = await startWorld({ provider: "memory", cluster: await sharedCluster(), isLasting: true });
    await createPod(world, pod(world, "p"));
    await podRunning(world, "p");
    const { status } = await world.api.get<Node>(`/api/v1/nodes/${world.nodeName}`);
    port = status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
    callers = await tableCallers(world, new Date());
  });

  after(async function () {
    this.timeout(60_000);
    await world?.[Symbol.asyncDispose]();
  });

  /** What each call of a caller gets, as "METHOD path: status". */
  async function ask(who: TableCaller, routes: readonly Route[]): Promise<readonly string[]> {
    using caller = createCaller(port, who);
    const lines: string[] = [];
    for (let at = 0; at < routes.length; at += PARALLEL) {
      lines.push(...(await Promise.all(routes.slice(at, at + PARALLEL).map((route) => tell(caller, route)))));
    }
    return lines;
  }

  async function tell(caller: Caller, route: Route): Promise<string> {
    return line(route, await caller.status(route));
  }

  function line({ method, path, headers }: Route, status: number): string {
    const upgrade = headers?.["upgrade"] === undefined ? "" : ` (${headers["upgrade"]})`;
    return `${method} ${path}${upgrade}: ${status}`;
  }

  function wanted(who: TableCaller, route: Route): number {
    if (who.worth === "unknown") return 401;
    const isAllowed = who.worth === "admin" || (who.worth === "metrics" && route.isMetrics === true);
    return isAllowed ? route.admin : 403;
  }

  it("answers each caller each route as its credentials are worth: 401, 403, or the answer", async () => {
    const routes = routesFor(world.namespace);
    for (const who of callers) {
      const table = routes.map((route) => line(route, wanted(who, route)));
      expect(await ask(who, routes), who.name).to.deep.equal(table);
    }
    expect(new Set(callers.map(({ worth }) => worth))).to.have.property("size", 4);
  });

  it("is not talked round by crooked paths", async () => {
    for (const who of callers.filter(({ worth }) => worth !== "admin")) {
      using caller = createCaller(port, who);
      for (const path of crookedPaths(world.namespace)) {
        for (const headers of [
          {},
          { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": "v4.channel.k8s.io" },
        ]) {
          const status = await caller.status({ method: "POST", path, headers });
          expect([301, 307, 308, 400, 401, 403, 404], `${who.name}: ${path}`).to.include(status);
        }
      }
    }
  });
});
