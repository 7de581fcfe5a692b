/** Mutants of handshake, sessions and node. */
import { Capability, Code, ProviderState, StatusError } from "@outboard/contract";
import { type Mutant, mutant } from "./mutant.js";
import { aborted, answers, errors, type Message, requests, type Rule } from "./rule.js";

export const SESSION_MUTANTS: readonly Mutant[] = [
  mutant("HS-01", "wrong-value", "names a revision that nobody asked for", () => hello(() => ({ revision: 7 }))),
  mutant("HS-02", "accepted", "takes callers of any revision", () =>
    handshakes((request) => ({ ...request, revisions: [1] })),
  ),
  mutant("HS-02", "wrong-value", "refuses without the two lists", () => errors((error) => bare(error))),
  mutant("HS-03", "wrong-value", "has no name", () => hello(() => ({ providerName: "" }))),
  mutant("HS-04", "repeated", "gives every observer the same session", () =>
    hello(() => ({ sessionId: "same" }), isObserver),
  ),
  mutant("HS-05", "changed", "forgets a capability on every second call", alternating),
  mutant("HS-06", "missing", "declares exec.tty without exec", () =>
    hello(({ capabilities }) => ({ capabilities: capabilities.filter((id: number) => id !== Capability.EXEC) })),
  ),
  mutant("HS-07", "repeated", "declares a feature twice", () =>
    hello(({ features }) => ({ features: [...features, features[0]] })),
  ),
  mutant("HS-07", "missing", "limits a feature without saying how", () =>
    hello(({ features }) => ({ features: features.map((each: Message) => ({ ...each, level: 2, text: "" })) })),
  ),
  mutant("HS-08", "wrong-value", "takes messages of 1 MiB only", () =>
    hello(({ limits }) => ({ limits: { ...limits, maxMessageBytes: 1_048_576 } }), isObserver),
  ),
  mutant("HS-10", "accepted", "takes a handshake without instance", () =>
    handshakes((request) => ({ ...request, instanceId: request.instanceId || "none" })),
  ),
  mutant("HS-10", "accepted", "takes a handshake without mode for an observer's", () =>
    handshakes((request) => ({ ...request, mode: request.mode || 2 })),
  ),
  mutant("HS-12", "wrong-value", "takes the caller's highest revision", highestRevision),
  mutant("SESS-01", "accepted", "serves calls without a session", () => withSession((session) => session === "")),
  mutant("SESS-02", "accepted", "serves calls of any session", () =>
    withSession((session) => session === "no-such-session"),
  ),
  mutant("SESS-03", "wrong-value", "refuses without the highest number", () => errors((error) => bare(error))),
  mutant("SESS-05", "accepted", "serves the old owner on", () => withSession(() => true)),
  mutant("SESS-06", "late", "leaves the old owner's watch open", hangingWatch),
  mutant("SESS-07", "accepted", "keeps the first session of an instance", () => withSession(() => true)),
  mutant("SESS-11", "accepted", "lets observers write", () => withSession(() => true)),
  mutant("SESS-12", "accepted", "serves owners of any cluster", () =>
    handshakes((request) => ({ ...request, clusterId: "conformance", nodeName: "conformance" })),
  ),
  mutant("SESS-13", "accepted", "serves observers of any cluster", () =>
    handshakes((request) => (isObserver(request) ? { ...request, clusterId: "", nodeName: "" } : request)),
  ),
  mutant("NODE-01", "missing", "has no state", () => node(() => ({ state: 0 }))),
  mutant("NODE-02", "missing", "has no node", () => node(() => ({ node: undefined }))),
  mutant("NODE-03", "missing", "capacity lacks pods", () =>
    facts(({ capacity }) => ({ capacity: new Map([...capacity].filter(([name]) => name !== "pods")) })),
  ),
  mutant("NODE-04", "wrong-value", "writes a quantity in words", () =>
    facts(({ capacity }) => ({ capacity: new Map([...capacity, ["cpu", "4 cores"]]) })),
  ),
  mutant("NODE-05", "wrong-value", "allocatable is above capacity", () =>
    facts(() => ({ allocatable: new Map([["memory", "999Ei"]]) })),
  ),
  mutant("NODE-06", "missing", "has no architecture", () => facts(() => ({ architecture: "" }))),
  mutant("NODE-07", "wrong-value", "an IP address is a name", () =>
    facts(() => ({ addresses: [{ type: "InternalIP", address: "host.example" }] })),
  ),
  mutant("NODE-08", "wrong-value", "an answer holds for 3 s", () => node(() => ({ validForSeconds: 3 }))),
  mutant("NODE-09", "missing", "a condition has no status", () =>
    facts(() => ({ conditions: [{ type: "DiskPressure", status: 0, reason: "", message: "" }] })),
  ),
  mutant("NODE-10", "changed", "the kernel changes with every call", countingKernel),
  mutant("NODE-11", "late", "is READY while the backend is down", () => node(() => ({ state: ProviderState.READY }))),
  mutant("NODE-13", "wrong-value", "a taint has an unknown effect", () =>
    facts(() => ({ taints: [{ key: "a", value: "", effect: "Sometimes" }] })),
  ),
  mutant("NODE-14", "wrong-value", "the reason is a sentence", () => node(() => ({ reason: "it is broken" }))),
  mutant("CAP-01", "accepted", "serves exec without declaring it", () =>
    without(Capability.EXEC, Capability.EXEC_TTY, Capability.EXEC_STDIN),
  ),
  mutant("CAP-01", "accepted", "serves figures without declaring them", () => without(Capability.STATS)),
  mutant("CAP-02", "accepted", "serves follow without declaring it", () => without(Capability.LOGS_FOLLOW)),
  mutant("CAP-03", "refused", "declares exec and does not have it", () => unimplemented("exec")),
  mutant("CAP-03", "refused", "declares logs and does not have them", () => unimplemented("logs")),
  mutant("SESS-10", "refused", "lets no observer read pods", () => observersCannot("getPod")),
];

function hello(change: (answer: Message) => object, when: (request: Message) => boolean = () => true): Rule {
  return async function* (input, passing) {
    if (passing.method !== "handshake") {
      yield* passing.next(input);
      return;
    }
    for await (const request of input) {
      const copy = (async function* () {
        yield request as unknown;
      })();
      for await (const answer of passing.next(copy)) yield when(request) ? { ...answer, ...change(answer) } : answer;
    }
  };
}

function handshakes(change: (request: Message) => Message): Rule {
  return requests("handshake", change);
}

function isObserver({ mode }: Message): boolean {
  return mode === 2;
}

function without(...ids: readonly number[]): Rule {
  return hello(({ capabilities }) => ({ capabilities: capabilities.filter((id: number) => !ids.includes(id)) }));
}

function alternating(): Rule {
  let count = 0;
  return hello(
    ({ capabilities }) => ({ capabilities: (count += 1) % 2 === 0 ? capabilities.slice(1) : capabilities }),
    isObserver,
  );
}

function highestRevision(): Rule {
  let asked: readonly number[] = [];
  return (input, passing) =>
    hello(() => ({ revision: Math.max(...asked) }))(
      passing.method === "handshake"
        ? (async function* () {
            for await (const request of input) {
              asked = request.revisions;
              yield request as unknown;
            }
          })()
        : input,
      passing,
    );
}

/** Calls of some sessions go on in the latest owner's. */
function withSession(when: (session: string) => boolean): Rule {
  let latest = "";
  const remember = hello(
    (answer) => {
      latest = answer.sessionId;
      return {};
    },
    (request) => request.mode === 1,
  );
  return (input, passing) => {
    if (passing.method === "handshake") return remember(input, passing);
    return when(passing.session) ? passing.next(input, latest) : passing.next(input);
  };
}

function hangingWatch(): Rule {
  return async function* (input, passing) {
    try {
      yield* passing.next(input);
    } catch (error) {
      if (passing.method !== "watchPods") throw error;
      await aborted(passing.signal);
    }
  };
}

function bare(error: StatusError): StatusError {
  return new StatusError(error.code, error.message, error.reason === undefined ? {} : { reason: error.reason });
}

function node(change: (answer: Message) => object): Rule {
  return answers("getNode", (answer) => ({ ...answer, ...change(answer) }));
}

function facts(change: (facts: Message) => object): Rule {
  return node(({ node: state }) => ({ node: { ...state, ...change(state) } }));
}

function countingKernel(): Rule {
  let count = 0;
  return facts(() => ({ kernelVersion: String((count += 1)) }));
}

function unimplemented(method: string): Rule {
  return async function* (input, passing) {
    if (passing.method === method) throw new StatusError(Code.UNIMPLEMENTED, "not there", { reason: "CAPABILITY" });
    yield* passing.next(input);
  };
}

function observersCannot(method: string): Rule {
  const observers = new Set<string>();
  const remember = hello((answer) => {
    observers.add(answer.sessionId);
    return {};
  }, isObserver);
  return async function* (input, passing) {
    if (passing.method === method && observers.has(passing.session))
      throw new StatusError(Code.PERMISSION_DENIED, "no", { reason: "READ_ONLY" });
    yield* remember(input, passing);
  };
}
