/** How containers of recorded cases answered, and which cases a replay without a cluster cannot show. */
import { type Fields, setInputs, setEphemeral } from "./steps.js";
import type { Script } from "./script.js";

const MISSING_FILE = "cat: can't open '/tmp/h': No such file or directory\n";
const UNKNOWN_SERVICE = "error: health rpc probe failed: rpc error: code = NotFound desc = unknown service";
const NO_SERVER = 'timeout: failed to connect service "10.244.1.150:5001" within 1s: context deadline exceeded';

function refused(port: number): string {
  return `dial tcp 10.244.1.149:${port}: connect: connection refused`;
}

const BUSYBOX = "registry.k8s.io/e2e-test-images/busybox:1.37.0-2";
const E1: Fields = { name: "e1", image: BUSYBOX, imagePullPolicy: "IfNotPresent", command: ["sh"] };
const E2: Fields = { name: "e2", image: BUSYBOX, imagePullPolicy: "IfNotPresent", command: ["sleep"] };
const E3: Fields = { name: "e3", image: "registry.k8s.io/none/missing:1", imagePullPolicy: "IfNotPresent" };

const E4: Fields = { name: "e", image: BUSYBOX, imagePullPolicy: "IfNotPresent", command: ["sh"] };

/** What a case needs beside its recording. */
export const SCRIPTS: Readonly<Record<string, Script>> = {
  "cfg-missing-cm-key": { steps: [[8000, setInputs]] },
  ephemeral: {
    steps: [
      [2000, setEphemeral([E1, E2])],
      [10_000, setEphemeral([E1, E2, E3])],
    ],
  },
  "ephemeral-ended-by-pod": { steps: [[500, setEphemeral([E4])]] },
  "poststart-fail-never": { exec: () => [3, "oops"] },
  "prestop-fail": { exec: () => [5, "bad"] },
  "probe-liveness-exec": { exec: ({ ageMs }) => (ageMs < 2000 ? [0, ""] : [1, MISSING_FILE]) },
  "probe-liveness-never": { exec: () => [1, ""] },
  "probe-liveness-onfailure": { exec: () => [1, ""] },
  "probe-liveness-timeout": { exec: () => undefined },
  "probe-readiness-grpc": {
    exec: ({ container, ageMs }) => {
      if (container === "c") return [0, ""];
      return [1, ageMs < 1000 ? NO_SERVER : UNKNOWN_SERVICE];
    },
  },
  "probe-readiness-tcp": {
    exec: ({ container, hasEnded }) => {
      if (container === "never") return [1, refused(9999)];
      return hasEnded ? [1, refused(8080)] : [0, ""];
    },
  },
  "probe-startup-fail": { exec: () => [1, "not yet\n"] },
  "sidecar-poststart-missing": { exec: () => [127, ""] },
  "sidecar-startup-probe": { exec: ({ ageMs }) => [ageMs < 3000 ? 1 : 0, ""] },
  "sidecar-readiness": { exec: ({ container, ageMs }) => [container === "side" && ageMs < 4000 ? 1 : 0, ""] },
};

const ADMISSION = "the gateway refuses it: no provider hears of it";
const WITHHELD = "the gateway withholds it for want of an input: no provider hears of it";
const EVICTED = "the gateway measures and evicts: its own tests show that";
const UNSCHEDULED = "it never gets a node";

/** Cases that are not replayed, and why. */
export const NOT_REPLAYED: Readonly<Record<string, string>> = {
  "adm-os-label": ADMISSION,
  "adm-os-windows": ADMISSION,
  "adm-outofcpu": ADMISSION,
  "adm-outofmemory": ADMISSION,
  "adm-sysctl-forbidden": ADMISSION,
  "cfg-missing-pvc": WITHHELD,
  "cfg-missing-secret-volume": WITHHELD,
  "cfg-projected-missing": WITHHELD,
  "init-then-missing-cm": "it was deleted before it showed why its container did not start",
  "delete-pending-unscheduled": UNSCHEDULED,
  "sched-unschedulable": UNSCHEDULED,
  "evict-emptydir": EVICTED,
  "evict-ephemeral-limit": EVICTED,
  "runtimeclass-missing": "the API server refuses it",
  "prestop-over-grace": "the fake runtime counts from the deletion, not from the end of the hook",
  "restart-rules-all": "the recording does not tell how those ended that were removed",
  "vol-image-missing": "the fake runtime has no images of volumes",
  "static-pod": "there are no static pods",
};

/** Cases in which the kubelet skipped states: those that lasted too short, or for which its next look came too late. */
export const SKIPS_STATES: readonly string[] = ["entrypoint-image-defaults", "ephemeral", "pod-level-resources"];

/** Recorded states that we do not show. */
export const NOT_SHOWN: Readonly<Record<string, readonly string[]>> = {
  // It ended by itself while it was being deleted.
  "cfg-missing-cm-key": ["Running~[c:T/Completed=0#1]"],
  // Which of the four ended first.
  "entrypoint-image-defaults": ["Running[args-only:T/Completed=0 both:R+ cmd-only:R+ wd:R+]"],
};

/** Recorded events that come of a race, or that the gateway makes. */
export const OTHER_EVENTS: Readonly<Record<string, readonly RegExp[]>> = {
  "adm-hostport-conflict": [/NodePorts/],
  // It ended by itself while it was being deleted.
  "cfg-missing-cm-key": [/Killing/],
  "pull-secret-missing": [/FailedToRetrieveImagePullSecret/],
  // A probe that was under way when its container was killed.
  "probe-liveness-timeout": [/Unhealthy \| .* \| Liveness probe failed: $/],
};

const START = "the fake runtime tells neither user nor start time of an instance that could not run";

/** Cases of which states and events are judged, but not every field of the status, and why. */
export const STATUS_NOT_JUDGED: Readonly<Record<string, string>> = {
  "cfg-missing-cm-key": "the kubelet had not looked again after the deletion",
  "cmd-not-found": START,
  "cmd-not-found-never": START,
  "conditions-of-others": "another writes conditions",
  "generation-patches": "the patches are not played",
  "patch-image-init": "the patch is not played",
  "pod-level-limits": "the fake runtime gives a container nothing of its pod's",
  "pod-level-resources": "the kubelet wrote once more when the sandbox was gone",
  "readiness-gates": "another writes the condition of the gate",
  "resize-infeasible": "the resize is not played",
  "resize-ok": "the resize is not played",
  "sched-gated": "the removal of the gate counted as a generation",
  "term-force-grace0": "the kubelet had not looked again after the deletion",
};
