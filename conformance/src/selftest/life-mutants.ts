/** Mutants of a pod's life, of observations, inputs and updates. */
import { Code, PodInputs, PodStage, StatusError, TerminationCause } from "@outboard/contract";
import { digestOf } from "../suite/sketch.js";
import { type Mutant, mutant } from "./mutant.js";
import {
  aborted,
  containers,
  errors,
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

const NOTHING = [{}];
const EXIT = "OBS-04/exit-codes";
const GRACE = "STOP-08/grace-is-given";

export const LIFE_MUTANTS: readonly Mutant[] = [
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
  mutant("STOP-01", "wrong-value", "answers StopPod and does nothing", () =>
    pretend("stopPod", ({ graceSeconds }) => graceSeconds === 1, {}),
  ),
  mutant("STOP-02", "refused", "refuses a second StopPod", refusesSecondStop),
  mutant("STOP-03", "refused", "refuses to stop what it does not know", refusesUnknownStop),
  mutant("STOP-04", "wrong-value", "takes every reason for USER", () =>
    requests("stopPod", (each) => ({ ...each, reason: 1 })),
  ),
  mutant("STOP-05", "accepted", "takes 30 s where no grace is given", () =>
    requests("stopPod", (each) => ({ ...each, graceSeconds: each.graceSeconds ?? 30 })),
  ),
  mutant("STOP-06", "late", "takes grace 0 for unset", () =>
    requests("stopPod", (each) => ({ ...each, graceSeconds: each.graceSeconds || 30 })),
  ),
  mutant("STOP-07", "wrong-value", "kills at once", () =>
    requests("stopPod", (each) => ({ ...each, graceSeconds: 0 })),
  ),
  mutant("STOP-08", "early", "ignores the grace", () => requests("stopPod", (each) => ({ ...each, graceSeconds: 0 }))),
  mutant("STOP-08", "late", "gives far more grace", () =>
    requests("stopPod", (each) => ({ ...each, graceSeconds: each.graceSeconds === 0 ? 0 : 60 })),
  ),
  mutant("STOP-09", "late", "ignores a shorter grace", ignoresSecondStop),
  mutant("STOP-11", "late", "answers when the pod has ended", answersStopLate),
  mutant("STOP-12", "changed", "stops every pod of the name", stopsByName),
  mutant("STOP-13", "changed", "blames the user for an ended pod", () =>
    observed(({ stage, cause }) => (stage === PodStage.ENDED && cause === 0 ? { cause: TerminationCause.USER } : {})),
  ),
  mutant("STOP-14", "wrong-value", "says that an ended pod will restart", () =>
    containers((_each, { stage }) => (stage === PodStage.ENDED ? { willRestart: true } : {})),
  ),
  mutant("STOP-17", "wrong-value", "blames someone for a natural end", () =>
    observed(({ stage, cause }) =>
      stage === PodStage.ENDED && cause === 0 ? { cause: TerminationCause.BACKEND_LOST } : {},
    ),
  ),
  mutant("REL-01", "unexpected", "answers ReleasePod and keeps the pod", () => pretend("releasePod", () => true, {})),
  mutant("REL-02", "accepted", "answers OK to the release of a running pod", () =>
    swallow("releasePod", "STILL_RUNNING", NOTHING),
  ),
  mutant("REL-03", "refused", "refuses to release what it does not know", refusesSecondRelease),
  mutant("REL-04", "wrong-value", "forgets the exit code of an ended pod", forgetsExitCode),
  mutant("GET-01", "accepted", "answers an empty pod for an unknown UID", () =>
    swallow("getPod", "POD", [{ pod: emptyPod() }]),
  ),
  mutant("GET-02", "wrong-value", "gives a pod without its UID", () => observed(() => ({ uid: "another" }))),
  mutant("GET-03", "order", "GetPod is behind the watch", behindTheWatch),
  mutant("GET-05", "accepted", "answers an empty pod for a tombstone", () =>
    swallow("getPod", "POD", [{ pod: emptyPod() }]),
  ),
  mutant(
    "OBS-01",
    "missing",
    "does not say when it looked",
    () => observed(() => ({ observedAt: undefined })),
    "GET-02/answer",
  ),
  mutant("OBS-02", "changed", "changes the content under one revision", changingNames, "REL-04/kept"),
  mutant(
    "OBS-03",
    "order",
    "goes back to PREPARING on the way to the end",
    () => observed(({ stage }) => (stage === PodStage.STOPPING ? { stage: PodStage.PREPARING } : {})),
    GRACE,
  ),
  mutant("OBS-04", "wrong-value", "cuts exit codes above 127", () =>
    exits(({ exitCode }) => ({ exitCode: (exitCode ?? 0) % 128 })),
  ),
  mutant(
    "OBS-05",
    "order",
    "counts restarts down",
    () =>
      containers(({ state, restartCount }) => ({ restartCount: restartCount + (state?.$case === "running" ? 3 : 0) })),
    EXIT,
  ),
  mutant("OBS-06", "wrong-value", "takes main containers for init containers", () => containers(() => ({ kind: 1 }))),
  mutant("OBS-07", "order", "ends instances before they start", () => exits(() => ({ until: new Date(0) })), EXIT),
  mutant(
    "OBS-08",
    "wrong-value",
    "announces a restart of a running container",
    () => containers(() => ({ willRestart: true })),
    EXIT,
  ),
  mutant(
    "OBS-09",
    "unexpected",
    "shows a running container in an ended pod",
    () =>
      containers((_each, { stage }) =>
        stage === PodStage.ENDED ? { state: { $case: "running", value: { since: new Date() } } } : {},
      ),
    EXIT,
  ),
  mutant(
    "OBS-10",
    "changed",
    "changes the cause at the end",
    () =>
      observed(({ stage, cause }) =>
        stage === PodStage.ENDED && cause !== 0 ? { cause: TerminationCause.EVICTED } : {},
      ),
    GRACE,
  ),
  mutant(
    "OBS-11",
    "wrong-value",
    "gives a name for an address",
    () => observed(() => ({ podIps: ["pod.example"] })),
    EXIT,
  ),
  mutant(
    "OBS-12",
    "missing",
    "does not name the instance",
    () => containers(() => ({ containerId: "" })),
    "CREATE-01/starts",
  ),
  mutant(
    "OBS-13",
    "early",
    "is PREPARING while a container runs",
    () => observed(({ stage }) => (stage === PodStage.STARTED ? { stage: PodStage.PREPARING } : {})),
    "CREATE-02/repeat",
  ),
  mutant("OBS-15", "wrong-value", "is not ready without a probe", () => containers(() => ({ ready: false }))),
  mutant("OBS-18", "wrong-value", "does not say what kind a container is", () => containers(() => ({ kind: 0 })), EXIT),
  mutant("OBS-19", "missing", "forgets the instance before", () => containers(() => ({ lastTermination: undefined }))),
  mutant("INPUT-01", "wrong-value", "takes the first value of a name", () =>
    inputs((each) => ({ ...each, env: each.env.toReversed() })),
  ),
  mutant("INPUT-03", "wrong-value", "loses the last byte of files", () =>
    requests("createPod", (each) => ({
      ...each,
      inputs: each.inputs && { ...each.inputs, volumes: each.inputs.volumes.map(shortened) },
    })),
  ),
  mutant("INPUT-04", "late", "starts a container in spite of its error", () =>
    inputs((each) => ({ ...each, error: undefined })),
  ),
  mutant("INPUT-05", "late", "answers UpdateInputs and does nothing", () => pretend("updateInputs", () => true, {})),
  mutant("INPUT-06", "changed", "takes every version for a new one", () => countedVersions()),
  mutant("INPUT-07", "accepted", "answers OK for a pod that it does not know", () =>
    swallow("updateInputs", "POD", NOTHING),
  ),
  mutant("INPUT-08", "late", "does not change files in running containers", () =>
    requests("updateInputs", (each) => ({ ...each, inputs: { ...each.inputs, volumes: [] } })),
  ),
  mutant("INPUT-09", "late", "keeps the error for ever", () => pretend("updateInputs", () => true, {})),
  mutant("INPUT-11", "accepted", "drops features that come with new inputs", () =>
    requests("updateInputs", (each) => ({ ...each, inputs: { ...each.inputs, admittedFeatures: [] } })),
  ),
  mutant("INPUT-13", "accepted", "takes no inputs for empty ones", () =>
    requests("updateInputs", (each) => ({ ...each, inputs: each.inputs ?? PodInputs.create() })),
  ),
  mutant("UPDATE-01", "late", "answers UpdatePod and does nothing", () => pretend("updatePod", () => true, {})),
  mutant("UPDATE-03", "accepted", "answers OK for a pod that it does not know", () =>
    swallow("updatePod", "POD", NOTHING),
  ),
  mutant("UPDATE-04", "accepted", "takes an old revision", () => swallow("updatePod", "STALE_REVISION", NOTHING)),
  mutant("UPDATE-05", "refused", "refuses an equal digest", refusesSecondUpdate),
  mutant("UPDATE-06", "accepted", "answers OK for an ended pod", () => swallow("updatePod", "NOT_RUNNING", NOTHING)),
  mutant("UPDATE-07", "changed", "restarts for a label", () => restartedBy("updatePod")),
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
  mutant(
    "ERR-01",
    "missing",
    "fails without saying why",
    () => errors((error) => new StatusError(Code.INTERNAL, error.message)),
    "GET-01/unknown",
  ),
  mutant(
    "ERR-02",
    "wrong-status",
    "sends a reason with another code",
    () =>
      errors(
        (error) =>
          new StatusError(Code.ABORTED, error.message, error.reason === undefined ? {} : { reason: error.reason }),
      ),
    "GET-01/unknown",
  ),
  mutant(
    "ERR-03",
    "unexpected",
    "sends its stack trace",
    () =>
      errors(
        (error) =>
          new StatusError(
            error.code,
            `${error.message}\n    at get (provider.js:1:1)`,
            error.reason === undefined ? {} : { reason: error.reason },
          ),
      ),
    "GET-01/unknown",
  ),
  mutant("ERR-04", "unexpected", "shows the environment in a message", leakySecrets, "INPUT-01/env"),
  mutant("ERR-05", "accepted", "cuts what is too long", () => swallow("getPod", "BAD_REQUEST", [{ pod: emptyPod() }])),
  mutant("X-05", "refused", "takes messages of 1 MiB only", () =>
    refuseWhen(
      "createPod",
      ({ inputs: given }) =>
        JSON.stringify(
          given?.volumes.map((each: Message) => each.files.map((file: Message) => file.content.length)) ?? "",
        ).length > 8,
    ),
  ),
  mutant("X-07", "late", "takes its time for GetNode", slowNode),
  mutant("X-10", "refused", "refuses numbers that it does not know", () =>
    refuseWhen("stopPod", ({ reason }) => reason > 5),
  ),
];

function inputs(change: (container: Message) => Message): Rule {
  return requests("createPod", (each) =>
    each.inputs ? { ...each, inputs: { ...each.inputs, containers: each.inputs.containers.map(change) } } : each,
  );
}

function manifests(change: (spec: Message) => object): Rule {
  return requests("createPod", (each) => {
    const pod = JSON.parse(Buffer.from(each.manifest.json).toString("utf8")) as { spec: object };
    return {
      ...each,
      manifest: { json: Buffer.from(JSON.stringify({ ...pod, spec: { ...pod.spec, ...change(pod.spec) } })) },
    };
  });
}

function exits(change: (end: Message) => object): Rule {
  return containers(({ state }) =>
    state?.$case === "terminated"
      ? { state: { $case: "terminated", value: { ...state.value, ...change(state.value) } } }
      : {},
  );
}

function emptyPod(): Message {
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

function shortened(volume: Message): Message {
  return {
    ...volume,
    files: volume.files.map((file: Message) => ({ ...file, content: file.content.subarray(0, -1) })),
  };
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

/** Each call of the method beyond the first few seems to start a new instance. */
function restartedBy(method: string, free = 0): Rule {
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

function seenBefore(): (uid: string) => boolean {
  const seen = new Set<string>();
  return (uid) => seen.has(uid) || !seen.add(uid);
}

function refusesSecondStop(): Rule {
  const isKnown = seenBefore();
  return refuseWhen("stopPod", ({ uid }) => isKnown(uid));
}

function refusesSecondRelease(): Rule {
  const isKnown = seenBefore();
  return refuseWhen("releasePod", ({ uid }) => isKnown(uid));
}

function refusesSecondUpdate(): Rule {
  const isKnown = seenBefore();
  return refuseWhen("updatePod", ({ uid }) => isKnown(uid));
}

function ignoresSecondStop(): Rule {
  const isKnown = seenBefore();
  return pretend("stopPod", ({ uid }) => isKnown(uid), {});
}

function refusesUnknownStop(): Rule {
  const created = new Set<string>();
  return (input, passing) => {
    if (passing.method === "createPod") {
      return passing.next(
        map(input, (each) => {
          created.add(each.uid);
          return each;
        }),
      );
    }
    return refuseWhen("stopPod", ({ uid }) => !created.has(uid), Code.INVALID_ARGUMENT)(input, passing);
  };
}

function answersStopLate(): Rule {
  return async function* (input, passing) {
    if (passing.method === "stopPod")
      await Promise.race([aborted(passing.signal), new Promise((resolve) => setTimeout(resolve, 4_000))]);
    yield* passing.next(input);
  };
}

function stopsByName(): Rule {
  const names = new Map<string, string>();
  const stopped = new Set<string>();
  return (input, passing) => {
    if (passing.method === "stopPod") {
      return passing.next(
        map(input, (each) => {
          stopped.add(names.get(each.uid) ?? "");
          return each;
        }),
      );
    }
    return containers(({ state }, { uid, name }) => {
      names.set(uid, name);
      return stopped.has(name) && state?.$case === "running"
        ? { state: { $case: "terminated", value: { reason: "", message: "", containerId: "" } } }
        : {};
    })(input, passing);
  };
}

function forgetsExitCode(): Rule {
  const since = new Map<string, number>();
  return observed((pod) => {
    if (pod.stage !== PodStage.ENDED) return {};
    const first = since.get(pod.uid) ?? Date.now();
    since.set(pod.uid, first);
    return Date.now() - first < 300
      ? {}
      : {
          containers: pod.containers.map((each) => ({
            ...each,
            state: { $case: "terminated" as const, value: { reason: "", message: "", containerId: "" } },
          })),
        };
  });
}

function behindTheWatch(): Rule {
  return (input, passing) =>
    passing.method === "getPod"
      ? map(passing.next(input), ({ pod }) => ({ pod: { ...pod, revision: 1n } }))
      : passing.next(input);
}

function changingNames(): Rule {
  let count = 0;
  return observed(() => ({ backendId: `b${(count += 1)}` }));
}

function countedVersions(): Rule {
  let version = 10n;
  return requests("updateInputs", (each) => ({
    ...each,
    inputVersion: each.inputVersion === 5n && version === 10n ? 5n : (version += 1n),
  }));
}

function leakySecrets(): Rule {
  let secret = "";
  const leak = observed(() => (secret === "" ? {} : { failure: { reason: "Failed", message: `SECRET=${secret}` } }));
  return (input, passing) =>
    passing.method === "createPod"
      ? passing.next(
          map(input, (each) => {
            const value = each.inputs?.containers[0]?.env.find(({ name }: Message) => name === "SECRET")?.value;
            secret = value === undefined ? secret : Buffer.from(value.parts[0].part.value).toString("utf8");
            return each;
          }),
        )
      : leak(input, passing);
}

function slowNode(): Rule {
  return async function* (input, passing) {
    if (passing.method === "getNode") await new Promise((resolve) => setTimeout(resolve, 3_200));
    yield* passing.next(input);
  };
}
