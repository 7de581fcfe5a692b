/** Mutants of creating pods, and of what features of theirs do. */
import { Code, PodInputs, PodStage, StatusError } from "@outboard/contract";
import { digestOf } from "../suite/sketch.js";
import { type Mutant, mutant } from "./mutant.js";
import {
  containers,
  map,
  type Message,
  observed,
  only,
  pretend,
  refuseWhen,
  requests,
  type Rule,
  swallow,
} from "./rule.js";
import { exits, inputs, restartedBy } from "./pod-rules.js";

export const CREATE_MUTANTS: readonly Mutant[] = [
  mutant("CREATE-01", "late", "never starts anything", () =>
    inputs((each) => ({ ...each, error: { reason: "CreateContainerConfigError", message: "" } })),
  ),
  mutant("CREATE-02", "changed", "names a new backend object on every call", countedIds),
  mutant("CREATE-03", "repeated", "starts the pod again on every call", restartedByCreate),
  mutant("CREATE-04", "accepted", "takes another digest silently", () =>
    swallow("createPod", "SPEC_CONFLICT", [{ backendId: "" }]),
  ),
  mutant("CREATE-05", "missing", "knows a pod only some time after the answer", knownLater),
  mutant("CREATE-06", "late", "shows the end of a pod when another of its name comes", keyedByName),
  mutant("CREATE-07", "accepted", "takes a pod without start time", () =>
    requests("createPod", (each) => ({ ...each, startTime: each.startTime ?? new Date() })),
  ),
  mutant("CREATE-08", "unexpected", "keeps the pod of a refused call", keepsRefused),
  mutant("CREATE-09", "accepted", "drops features that it does not know", () =>
    requests("createPod", (each) => ({ ...each, inputs: each.inputs && { ...each.inputs, admittedFeatures: [] } })),
  ),
  mutant("CREATE-10", "wrong-value", "loses the namespace", () => observed(() => ({ namespace: "default" }))),
  mutant("CREATE-11", "refused", "loses every fifth pod", losesEveryFifth),
  mutant("CREATE-13", "repeated", "starts an ended pod again", restartedByCreate),
  mutant("CREATE-14", "accepted", "forgets tombstones", () => swallow("createPod", "TOMBSTONED", [{ backendId: "" }])),
  mutant("CREATE-15", "accepted", "forgets that a pod was released", () =>
    swallow("createPod", "TOMBSTONED", [{ backendId: "" }]),
  ),
  mutant("CREATE-16", "wrong-value", "ignores prior counts", () =>
    requests("createPod", (each) => ({ ...each, prior: [] })),
  ),
  mutant("CREATE-17", "wrong-value", "computes the digest itself", () =>
    requests("createPod", (each) => (each.manifest ? { ...each, specDigest: digestOf(each.manifest.json) } : each)),
  ),
  mutant("CREATE-19", "refused", "takes other inputs for a conflict", () =>
    refuseWhen("createPod", ({ inputVersion }) => inputVersion > 1n),
  ),
  mutant("CREATE-20", "accepted", "takes another digest for an ended pod", () =>
    swallow("createPod", "SPEC_CONFLICT", [{ backendId: "" }]),
  ),
  mutant("CREATE-24", "late", "does not say why a container waits", () =>
    containers(({ state }) =>
      state?.$case === "waiting" ? { state: { $case: "waiting", value: { reason: "", message: "" } } } : {},
    ),
  ),
  mutant("FEAT-01", "missing", "drops the environment", () => inputs((each) => ({ ...each, env: [] }))),
  mutant("FEAT-04", "wrong-value", "says 0 for every end", () => exits(() => ({ exitCode: 0 }))),
  mutant("FEAT-06", "late", "never restarts", () =>
    manifests((spec) => (spec.restartPolicy === "Always" ? { restartPolicy: "Never" } : {})),
  ),
  mutant("FEAT-06", "unexpected", "restarts what must not", () => containers(() => ({ restartCount: 1 }))),
  mutant("FEAT-07", "late", "does not restart after a failure", () =>
    manifests((spec) => (spec.restartPolicy === "OnFailure" ? { restartPolicy: "Never" } : {})),
  ),
  mutant("FEAT-10", "unexpected", "starts main although the init container failed", () =>
    containers(({ kind }, { stage }) =>
      kind === 3 && stage === PodStage.ENDED
        ? {
            state: {
              $case: "terminated",
              value: { since: new Date(), until: new Date(), reason: "", message: "", containerId: "c" },
            },
          }
        : {},
    ),
  ),
  mutant("FEAT-13", "late", "forgets the deadline", () =>
    requests("createPod", (each) => ({ ...each, deadline: undefined })),
  ),
];

function manifests(change: (spec: Message) => object): Rule {
  return requests("createPod", (each) => {
    const pod = JSON.parse(Buffer.from(each.manifest.json).toString("utf8")) as { spec: object };
    return {
      ...each,
      manifest: { json: Buffer.from(JSON.stringify({ ...pod, spec: { ...pod.spec, ...change(pod.spec) } })) },
    };
  });
}

function countedIds(): Rule {
  let count = 0;
  return (input, passing) =>
    passing.method === "createPod"
      ? map(passing.next(input), () => ({ backendId: `b${(count += 1)}` }))
      : passing.next(input);
}

function restartedByCreate(): Rule {
  return restartedBy("createPod", 1);
}

function knownLater(): Rule {
  const since = new Map<string, number>();
  return (input, passing) => {
    if (passing.method === "createPod") {
      return passing.next(
        map(input, (each) => {
          since.set(each.uid, Date.now());
          return each;
        }),
      );
    }
    return refuseYoung(since)(input, passing);
  };
}

function refuseYoung(since: ReadonlyMap<string, number>): Rule {
  return (input, passing) =>
    passing.next(
      passing.method === "getPod"
        ? map(input, (each) => {
            if (Date.now() - (since.get(each.uid) ?? 0) < 500)
              throw new StatusError(Code.NOT_FOUND, "not yet", { reason: "POD" });
            return each;
          })
        : input,
    );
}

function keyedByName(): Rule {
  const owners = new Map<string, string>();
  return observed(({ uid, name }) => {
    const first = owners.get(name) ?? uid;
    owners.set(name, first);
    return first === uid ? {} : { stage: PodStage.STARTED, containers: [] };
  });
}

function keepsRefused(): Rule {
  return (input, passing) =>
    passing.method === "createPod"
      ? (async function* () {
          for await (const each of input) {
            if (each.inputs !== undefined) yield* passing.next(only(each));
            else {
              for await (const _ of passing.next(only({ ...each, inputs: PodInputs.create() })));
              throw new StatusError(Code.INVALID_ARGUMENT, "inputs are missing", { reason: "BAD_REQUEST" });
            }
          }
        })()
      : passing.next(input);
}

function losesEveryFifth(): Rule {
  let count = 0;
  return pretend("createPod", () => (count += 1) % 5 === 0, { backendId: "lost" });
}
