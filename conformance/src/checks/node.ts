/** Checks of health and of the node. */
import { isIP } from "node:net";
import {
  BackendState,
  checkHealth,
  ConditionStatus,
  type GetNodeResponse,
  type NodeState,
  ProviderState,
} from "@outboard/contract";
import { check, type Check } from "../suite/check.js";
import { parseQuantity } from "../suite/quantity.js";
import { watch } from "../suite/streams.js";
import type { Trial } from "../suite/trial.js";

const ADDRESS_TYPES: readonly string[] = ["InternalIP", "ExternalIP", "Hostname", "InternalDNS", "ExternalDNS"];
const EFFECTS: readonly string[] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
const SERVICES = ["IdentityService", "NodeService", "PodService"].map((name) => `outboard.provider.v1.${name}`);

export const NODE_CHECKS: readonly Check[] = [
  check("HEALTH-01", "serving", {
    title: "Health says SERVING without a session",
    run: async (t) => {
      t.equal(await health(t), "SERVING", "health");
    },
  }),
  check("HEALTH-02", "under-load", {
    title: "Health answers within a second while streams are open and pods are made",
    run: async (t) => {
      const streams = Array.from({ length: 5 }, () => watch(t));
      const creates = Array.from({ length: 5 }, () => t.pod({ containers: [{ behaviour: "pause" }] }));
      for (let count = 0; count < 5; count += 1) {
        const since = performance.now();
        t.equal(await health(t), "SERVING", "health");
        t.inTime("health", since, 1_000);
      }
      await Promise.all(creates);
      await Promise.all(streams.map(async (stream) => await stream.close()));
    },
  }),
  check("HEALTH-03", "backend-down", {
    title: "Health stays SERVING while the backend is down",
    needs: ["control"],
    isAlone: true,
    run: async (t) => {
      await whileDown(t, async () => {
        t.equal(await health(t), "SERVING", "health");
      });
    },
  }),
  check("HEALTH-04", "services", {
    title: "Health knows the contract's services",
    run: async (t) => {
      for (const service of SERVICES) t.equal(await health(t, service), "SERVING", `health of ${service}`);
    },
  }),
  check("NODE-01", "answer", {
    title: "GetNode answers in time with a state",
    run: async (t) => {
      const since = performance.now();
      const { state } = await node(t);
      t.inTime("GetNode", since, 3_000);
      t.verify(state !== ProviderState.UNSPECIFIED, "missing", "state is unspecified");
    },
  }),
  check("NODE-02", "complete", {
    title: "A provider with a complete inventory is not STARTING and knows its node",
    run: async (t) => {
      const answer = await node(t);
      t.verify(answer.inventoryComplete, "missing", "the inventory is not complete after the handshake");
      t.verify(answer.state !== ProviderState.STARTING, "wrong-value", "state is STARTING with a complete inventory");
      t.verify(answer.node !== undefined, "missing", "node is absent");
    },
  }),
  check("NODE-03", "capacity", {
    title: "Capacity has cpu, memory and pods",
    run: async (t) => {
      const { capacity } = await facts(t);
      for (const name of ["cpu", "memory", "pods"]) t.verify(capacity.has(name), "missing", `capacity has no ${name}`);
    },
  }),
  check("NODE-04", "quantities", {
    title: "Capacity and allocatable are Kubernetes quantities",
    run: async (t) => {
      const { capacity, allocatable } = await facts(t);
      for (const [name, text] of [...capacity, ...allocatable]) {
        t.verify(parseQuantity(text) !== undefined, "wrong-value", `${name} is "${text}", no quantity`);
      }
    },
  }),
  check("NODE-05", "allocatable", {
    title: "Allocatable is not above capacity",
    run: async (t) => {
      const { capacity, allocatable } = await facts(t);
      for (const [name, text] of allocatable) {
        const [have, of] = [parseQuantity(text) ?? 0, parseQuantity(capacity.get(name) ?? "0") ?? 0];
        t.verify(have <= of, "wrong-value", `allocatable ${name} is ${text}, above its capacity`);
      }
    },
  }),
  check("NODE-06", "runtime", {
    title: "Architecture and runtime are named",
    run: async (t) => {
      const { architecture, containerRuntimeName, containerRuntimeVersion } = await facts(t);
      t.verify(architecture !== "", "missing", "architecture is empty");
      t.verify(
        /^[a-z0-9.-]+$/.test(containerRuntimeName),
        "wrong-value",
        `the runtime's name is "${containerRuntimeName}"`,
      );
      t.verify(containerRuntimeVersion !== "", "missing", "the runtime's version is empty");
    },
  }),
  check("NODE-07", "addresses", {
    title: "Addresses are unique and fit their type",
    run: async (t) => {
      const { addresses } = await facts(t);
      const pairs = addresses.map(({ type, address }) => `${type} ${address}`);
      t.verify(new Set(pairs).size === pairs.length, "repeated", "an address is listed twice");
      for (const { type, address } of addresses) {
        t.verify(ADDRESS_TYPES.includes(type), "wrong-value", `"${type}" is no type of address`);
        t.verify(!type.endsWith("IP") || isIP(address) !== 0, "wrong-value", `${type} is "${address}", no IP address`);
      }
    },
  }),
  check("NODE-08", "valid-for", {
    title: "valid_for_seconds is 0 or at least 15",
    run: async (t) => {
      const { validForSeconds } = await node(t);
      t.verify(
        validForSeconds === 0 || validForSeconds >= 15,
        "wrong-value",
        `valid_for_seconds is ${validForSeconds}`,
      );
    },
  }),
  check("NODE-09", "conditions", {
    title: "Conditions have a type, once, and a status",
    run: async (t) => {
      const { conditions } = await facts(t);
      const types = conditions.map(({ type }) => type);
      t.verify(new Set(types).size === types.length, "repeated", "a condition is listed twice");
      for (const { type, status } of conditions) {
        t.verify(
          type !== "" && status !== ConditionStatus.UNSPECIFIED,
          "missing",
          `condition "${type}" is not complete`,
        );
      }
    },
  }),
  check("NODE-10", "whole", {
    title: "Two answers say the same of the node",
    run: async (t) => {
      const [one, two] = [await facts(t), await facts(t)].map(lasting);
      t.verify(one === two, "changed", `the node changed from ${one} to ${two}`);
    },
  }),
  check("NODE-11", "backend-down", {
    title: "A backend outage is a state, not an error",
    needs: ["control"],
    isAlone: true,
    run: async (t) => {
      await whileDown(t, async () => {
        await t.eventually("observe", "the state tells of the outage", async () => {
          const { state } = await node(t);
          return state === ProviderState.BROKEN || state === ProviderState.DEGRADED ? true : undefined;
        });
      });
    },
  }),
  check("NODE-12", "backend-back", {
    title: "The state is READY again after an outage",
    needs: ["control"],
    isAlone: true,
    run: async (t) => {
      await whileDown(t, async () => {
        await t.pause(t.world.limits.quietMs);
      });
      await t.eventually("observe", "the state is READY", async () =>
        (await node(t)).state === ProviderState.READY ? true : undefined,
      );
    },
  }),
  check("NODE-13", "taints", {
    title: "Taints have a key and a known effect",
    run: async (t) => {
      for (const { key, effect } of (await facts(t)).taints) {
        t.verify(key !== "" && EFFECTS.includes(effect), "wrong-value", `taint "${key}" has the effect "${effect}"`);
      }
    },
  }),
  check("NODE-14", "reason", {
    title: "A reason is one CamelCase word",
    run: async (t) => {
      const { reason } = await node(t);
      t.verify(/^([A-Z][A-Za-z0-9]*)?$/.test(reason), "wrong-value", `reason is "${reason}"`);
    },
  }),
];

async function health(t: Trial, service?: string): Promise<string> {
  const options = { signal: t.signal, deadlineMs: 5_000 };
  return await checkHealth(t.world.channel, service === undefined ? options : { ...options, service });
}

async function node(t: Trial): Promise<GetNodeResponse> {
  return await t.calls.node.getNode({}, t.options);
}

async function facts(t: Trial): Promise<NodeState> {
  const { node: state } = await node(t);
  if (state === undefined) t.fail("missing", "GetNode has no node");
  return state;
}

/** What does not change by itself; images and conditions may. */
function lasting({ images: _images, conditions: _conditions, ...rest }: NodeState): string {
  return JSON.stringify(rest, (_key, value: unknown) =>
    value instanceof Map ? [...value.entries()].map(String).toSorted() : value,
  );
}

/** Runs with the backend away, and gives it back whatever happens. */
export async function whileDown(t: Trial, run: () => Promise<void>): Promise<void> {
  const options = { signal: t.signal, deadlineMs: 5_000 };
  await t.calls.control.setBackend({ state: BackendState.DOWN }, options);
  try {
    await run();
  } finally {
    await t.calls.control.setBackend({ state: BackendState.UP }, options);
  }
}
