/** Mutants of what is observed of a pod. */
import { PodStage, TerminationCause } from "@outboard/contract";
import { type Mutant, mutant } from "./mutant.js";
import { containers, observed, type Rule } from "./rule.js";
import { exits } from "./pod-rules.js";

const EXIT = "OBS-04/exit-codes";
const GRACE = "STOP-08/grace-is-given";

export const OBSERVATION_MUTANTS: readonly Mutant[] = [
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
];

function changingNames(): Rule {
  let count = 0;
  return observed(() => ({ backendId: `b${(count += 1)}` }));
}
