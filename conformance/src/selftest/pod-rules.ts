/** What mutants of several kinds do to orders, observations and answers. */
import { containers, type Message, requests, type Rule } from "./rule.js";

/** An answer without content. */
export const NOTHING: readonly Message[] = [{}];

export function inputs(change: (container: Message) => Message): Rule {
  return requests("createPod", (each) =>
    each.inputs ? { ...each, inputs: { ...each.inputs, containers: each.inputs.containers.map(change) } } : each,
  );
}

export function exits(change: (end: Message) => object): Rule {
  return containers(({ state }) =>
    state?.$case === "terminated"
      ? { state: { $case: "terminated", value: { ...state.value, ...change(state.value) } } }
      : {},
  );
}

export function emptyPod(): Message {
  return {
    uid: "",
    namespace: "",
    name: "",
    epoch: "",
    revision: 1n,
    specRevision: 0n,
    specDigest: new Uint8Array(),
    inputVersion: 0n,
    backendId: "",
    stage: 1,
    sandbox: 0,
    podIps: [],
    hostIps: [],
    needsInputs: false,
    cause: 0,
    containers: [],
  };
}

/** Each call of the method beyond the first few seems to start a new instance. */
export function restartedBy(method: string, free = 0): Rule {
  const calls = new Map<string, number>();
  const renamed = containers(({ containerId }, { uid }) => ({
    containerId: containerId && `${containerId}-${Math.max(0, (calls.get(uid) ?? 0) - free)}`,
  }));
  const counted = requests(method, (each) => {
    calls.set(each.uid, (calls.get(each.uid) ?? 0) + 1);
    return each;
  });
  return (input, passing) => (passing.method === method ? counted(input, passing) : renamed(input, passing));
}

export function seenBefore(): (uid: string) => boolean {
  const seen = new Set<string>();
  return (uid) => seen.has(uid) || !seen.add(uid);
}
