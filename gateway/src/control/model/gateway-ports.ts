/** The ports of one gateway process: to the fakes, through whatever trouble there is now. A killed process hears nothing more. */
import type { Pod, PodStatus } from "../../domain/kubernetes.js";
import { ApiError, type PatchStatus, type PodResult, type PodWriter } from "../../ports/pods.js";
import { type ProviderControl, ProviderError } from "../../ports/provider.js";
import type { Faults } from "./faults.js";
import type { Ledger } from "./ledger.js";
import type { Turns } from "./turns.js";
import type { FakeApi } from "../testing/fake-api.js";
import type { FakeProvider } from "../testing/fake-provider.js";

/** What the ports lead to. */
export interface Surroundings {
  readonly api: FakeApi;
  readonly backend: FakeProvider;
  readonly faults: Faults;
  readonly ledger: Ledger;
  readonly turns: Turns;
}

/** A process that can be killed. */
export interface Life {
  alive: boolean;
}

const NEVER = new Promise<never>(() => {});

/** Nothing comes back to a process that is dead. */
async function unlessDead<Result>(life: Life, work: () => Promise<Result>): Promise<Result> {
  if (!life.alive) return NEVER;
  try {
    const result = await work();
    return life.alive ? result : await NEVER;
  } catch (error) {
    if (life.alive) throw error;
    return NEVER;
  }
}

/** The provider as one gateway process reaches it. */
export function providerPort({ backend, faults, ledger }: Surroundings, life: Life): ProviderControl {
  const call = <Result>(name: string, uid: string, work: () => Promise<Result>) =>
    unlessDead(life, async () => {
      ledger.called(`${name} ${uid}`);
      return faults.carry({ name, uid, known: backend.pods.has(uid) || backend.tombstones.has(uid) }, work);
    });
  return {
    createPod: async (order) => {
      if (life.alive) ledger.asksCreate(order);
      await call("create", order.uid, async () => {
        const before = backend.pods.has(order.uid);
        if (faults.unsupported.has(order.uid)) {
          ledger.refused(order.uid);
          throw new ProviderError("not here", { reason: "UNSUPPORTED_FEATURE", paths: ["spec.x"] });
        }
        await backend.createPod(order);
        if (!before) ledger.started(order.uid);
      });
      ledger.answered(order.uid);
    },
    stopPod: (uid, grace, reason) =>
      call("stop", uid, async () => {
        await backend.stopPod(uid, grace, reason);
        ledger.stopped(uid, grace, reason);
      }),
    releasePod: (uid) => {
      if (life.alive) ledger.asksRelease(uid);
      return call("release", uid, () => backend.releasePod(uid));
    },
    getPod: async (uid) => {
      const found = await call("get", uid, async () => {
        try {
          return await backend.getPod(uid);
        } catch (error) {
          if (error instanceof ProviderError && error.reason === "POD") ledger.notFound(uid);
          throw error;
        }
      });
      ledger.told(found); // what the stream tells late is no news then
      return found;
    },
    updateInputs: (uid, inputs, version) => call("updateInputs", uid, () => backend.updateInputs(uid, inputs, version)),
    updatePod: (order) => call("update", order.uid, () => backend.updatePod(order)),
  };
}

/** The API server as one gateway process reaches it. */
export function apiPort({ api, ledger, turns }: Surroundings, life: Life): PodWriter {
  const call = <Result>(name: string, pod: Pod, work: () => Promise<Result>) =>
    unlessDead(life, () => {
      ledger.called(`API ${name} ${pod.metadata.uid}`);
      return work();
    });
  const patch = async (pod: Pod, from: PodStatus, to: PodStatus): Promise<PodResult> => {
    const before = api.pods.get(pod.metadata.uid);
    const count = api.writes.length;
    const wasTold = !api.hasUntold();
    try {
      return await api.patchStatus(pod, from, to);
    } catch (error) {
      if (error instanceof ApiError && error.retryAfterMs !== undefined) turns.hold(error.retryAfterMs);
      throw error;
    } finally {
      const after = api.writes[count]?.status; // the object itself may be gone by now
      if (before !== undefined && after !== undefined) ledger.wrote({ pod: before, from, to, after, wasTold });
    }
  };
  const patchStatus: PatchStatus = (pod, from, to) => call("patch", pod, () => patch(pod, from, to));
  return {
    get: (pod) => call("get", pod, () => api.get(pod)),
    patchStatus,
    reserve: (_urgency, signal) => {
      if (!life.alive) return NEVER;
      return turns.take(signal)?.then(() => (life.alive ? patchStatus : NEVER)) ?? patchStatus;
    },
    delete: (pod) => {
      if (life.alive && !api.down) ledger.deletes(pod.metadata.uid);
      return call("delete", pod, () => api.delete(pod));
    },
  };
}
