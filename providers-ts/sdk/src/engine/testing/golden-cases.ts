/**
 * What a real kubelet (1.37.2) showed for pods whose ends, hooks and probes go wrong: per container its states in order, and
 * the events. Left out: times, ids, addresses, the scheduler's events. `script` says how the containers behaved.
 */
import type { StopBehaviour } from "./fake-runtime.js";

/** How the containers of a case behave. */
export interface Script {
  /** Exit code of an instance ("c/0"), so many milliseconds after its start. */
  readonly exits?: Readonly<Record<string, readonly [afterMs: number, exitCode: number]>>;
  readonly stops?: Readonly<Record<string, StopBehaviour>>;
  /** Containers whose command is not there. */
  readonly broken?: readonly string[];
  /** Answer of a command run in a container, by the age of the instance; "never" does not answer. */
  readonly exec?: (command: string, ageMs: number) => ExecAnswer;
  /** The pod is deleted once this has passed since its creation. Absent: it ends by itself. */
  readonly deleteAfterMs?: number;
}

/** Exit code and output, or no answer at all. */
export type ExecAnswer = readonly [exitCode: number, output: string] | "never";

/** One recorded case. */
export interface GoldenCase {
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly script: Script;
  /** Per container: `state reason code #restartCount`, each change once. */
  readonly states: Readonly<Record<string, readonly string[]>>;
  /** `reason container: message`, in the order of their first coming. */
  readonly events: readonly string[];
}

const IMAGE = "busybox:1.37.0-2";

type Fields = Readonly<Record<string, unknown>>;

function main(name: string, fields: Fields = {}): Fields {
  return { name, image: IMAGE, command: ["run"], imagePullPolicy: "IfNotPresent", ...fields };
}

function pod(fields: Fields): Fields {
  return { restartPolicy: "Always", terminationGracePeriodSeconds: 5, ...fields };
}

function exec(...command: readonly string[]): Fields {
  return { exec: { command } };
}

/** The events of a container that starts. */
function starts(name: string): readonly string[] {
  return [
    `Pulled ${name}: Container image "${IMAGE}" already present on machine and can be accessed by the pod`,
    `Created ${name}: Container created`,
    `Started ${name}: Container started`,
  ];
}

function stopping(name: string): string {
  return `Killing ${name}: Stopping container ${name}`;
}

function backOff(name: string): string {
  return `BackOff ${name}: Back-off restarting failed container ${name} in pod p_ns(UID)`;
}

const CREATING = "waiting ContainerCreating #0";
const INITIALIZING = "waiting PodInitializing #0";
const NOT_FOUND = 'exec: "/no/such": stat /no/such: no such file or directory';
const BROKEN = [...starts("c").slice(0, 2), `Failed c: Error: ${NOT_FOUND}`];
const ENDED_WELL = [CREATING, "running #0", "terminated Completed 0 #0"];

export const GOLDEN_CASES: readonly GoldenCase[] = [
  {
    name: "cmd-not-found",
    spec: pod({ containers: [main("c")] }),
    script: { broken: ["c"], deleteAfterMs: 8000 },
    states: {
      c: [
        CREATING,
        "waiting RunContainerError #0",
        "waiting RunContainerError #1",
        "waiting CrashLoopBackOff #1",
        "terminated StartError 128 #1",
      ],
    },
    events: [...BROKEN, backOff("c")],
  },
  {
    name: "cmd-not-found-never",
    spec: pod({ restartPolicy: "Never", containers: [main("c")] }),
    script: { broken: ["c"] },
    states: { c: [CREATING, "terminated StartError 128 #0"] },
    events: BROKEN,
  },
  {
    name: "poststart-fail-never",
    spec: pod({ restartPolicy: "Never", containers: [main("c", { lifecycle: { postStart: exec("hook") } })] }),
    script: { exec: () => [3, "oops"] },
    states: { c: [CREATING, "terminated Completed 0 #0"] },
    events: [...starts("c"), "FailedPostStartHook c: PostStartHook failed", "Killing c: FailedPostStartHook"],
  },
  {
    name: "prestop-exec",
    spec: pod({ containers: [main("c", { lifecycle: { preStop: exec("hook") } })] }),
    script: { exec: () => [0, ""], deleteAfterMs: 2000 },
    states: { c: ENDED_WELL },
    events: [...starts("c"), stopping("c")],
  },
  {
    name: "prestop-fail",
    spec: pod({ containers: [main("c", { lifecycle: { preStop: exec("hook") } })] }),
    script: { exec: () => [5, "bad"], deleteAfterMs: 2000 },
    states: { c: ENDED_WELL },
    events: [...starts("c"), stopping("c"), "FailedPreStopHook c: PreStopHook failed"],
  },
  {
    name: "prestop-sleep-action",
    spec: pod({ containers: [main("c", { lifecycle: { preStop: { sleep: { seconds: 2 } } } })] }),
    script: { deleteAfterMs: 2000 },
    states: { c: ENDED_WELL },
    events: [...starts("c"), stopping("c")],
  },
  {
    name: "probe-liveness-exec",
    spec: pod({
      containers: [main("c", { livenessProbe: { ...exec("cat"), periodSeconds: 1, failureThreshold: 2 } })],
    }),
    script: {
      exec: (_, age) => (age < 4000 ? [0, ""] : [1, "cat: can't open '/tmp/h'\n"]),
      stops: { c: { afterMs: 200 } },
      deleteAfterMs: 13_000,
    },
    states: { c: [CREATING, "running #0", "running #1", "running #2", "terminated Completed 0 #2"] },
    events: [
      ...starts("c"),
      "Unhealthy c: Liveness probe failed: cat: can't open '/tmp/h'\n",
      "Killing c: Container c failed liveness probe, will be restarted",
      stopping("c"),
    ],
  },
  {
    name: "probe-liveness-never",
    spec: pod({
      restartPolicy: "Never",
      containers: [main("c", { livenessProbe: { ...exec("false"), periodSeconds: 1, failureThreshold: 2 } })],
    }),
    script: { exec: () => [1, ""], stops: { c: { afterMs: 200 } } },
    states: { c: ENDED_WELL },
    events: [...starts("c"), "Unhealthy c: Liveness probe failed: ", stopping("c")],
  },
  {
    name: "probe-liveness-timeout",
    spec: pod({
      containers: [
        main("c", {
          livenessProbe: {
            ...exec("sleep", "10"),
            timeoutSeconds: 1,
            periodSeconds: 1,
            failureThreshold: 2,
            terminationGracePeriodSeconds: 1,
          },
        }),
      ],
    }),
    script: { exec: () => "never", stops: { c: { afterMs: 200 } }, deleteAfterMs: 3500 },
    states: { c: [CREATING, "running #0", "running #1", "terminated Completed 0 #1"] },
    events: [
      ...starts("c"),
      'Unhealthy c: Liveness probe failed: command timed out: "sleep 10" timed out after 1s',
      "Killing c: Container c failed liveness probe, will be restarted",
      stopping("c"),
    ],
  },
  {
    name: "probe-startup-fail",
    spec: pod({ containers: [main("c", { startupProbe: { ...exec("up"), periodSeconds: 1, failureThreshold: 3 } })] }),
    script: { exec: () => [1, "not yet\n"], stops: { c: { afterMs: 200 } }, deleteAfterMs: 3500 },
    states: { c: [CREATING, "running #0", "running #1", "terminated Completed 0 #1"] },
    events: [
      ...starts("c"),
      "Unhealthy c: Startup probe failed: not yet\n",
      "Killing c: Container c failed startup probe, will be restarted",
      stopping("c"),
    ],
  },
  {
    name: "term-multi",
    spec: pod({ containers: [main("fast"), main("slow")] }),
    script: { stops: { slow: { afterMs: 3000, exitCode: 4 } }, deleteAfterMs: 1000 },
    states: {
      fast: ENDED_WELL,
      slow: [CREATING, "running #0", "terminated Error 4 #0"],
    },
    events: [...starts("fast"), ...starts("slow"), stopping("fast"), stopping("slow")],
  },
  {
    name: "sidecar-crash",
    spec: pod({ initContainers: [main("side", { restartPolicy: "Always" })], containers: [main("c")] }),
    script: {
      exits: { "side/0": [2000, 5], "side/1": [2000, 5], "side/2": [2000, 5] },
      stops: { c: { isDeaf: true } },
      deleteAfterMs: 17_000,
    },
    states: {
      side: [
        INITIALIZING,
        "running #0",
        "terminated Error 5 #0",
        "running #1",
        "terminated Error 5 #1",
        "waiting CrashLoopBackOff #1",
        "running #2",
        "terminated Error 5 #2",
      ],
      c: [INITIALIZING, "running #0", "terminated Error 137 #0"],
    },
    events: [...starts("side"), ...starts("c"), backOff("side"), stopping("c")],
  },
  {
    name: "sidecar-readiness",
    spec: pod({
      initContainers: [
        main("side", { restartPolicy: "Always", readinessProbe: { ...exec("test"), periodSeconds: 1 } }),
      ],
      containers: [main("c")],
    }),
    script: {
      exec: (_, age) => [age < 4000 ? 1 : 0, ""],
      stops: { c: { isDeaf: true }, side: { isDeaf: true } },
      deleteAfterMs: 7000,
    },
    states: {
      side: [INITIALIZING, "running unready #0", "running #0", "terminated Error 137 #0"],
      c: [INITIALIZING, "running #0", "terminated Error 137 #0"],
    },
    events: [
      ...starts("side"),
      ...starts("c"),
      "Unhealthy side: Readiness probe failed: ",
      stopping("side"),
      stopping("c"),
    ],
  },
  {
    name: "sidecar-running-delete",
    spec: pod({
      terminationGracePeriodSeconds: 10,
      initContainers: [main("s1", { restartPolicy: "Always" }), main("s2", { restartPolicy: "Always" })],
      containers: [main("c")],
    }),
    script: {
      stops: { c: { afterMs: 1200 }, s1: { afterMs: 1200 }, s2: { afterMs: 1200, exitCode: 3 } },
      deleteAfterMs: 3000,
    },
    states: {
      s1: [INITIALIZING, "running #0", "terminated Completed 0 #0"],
      s2: [INITIALIZING, "running #0", "terminated Error 3 #0"],
      c: [INITIALIZING, "running #0", "terminated Completed 0 #0"],
    },
    events: [...starts("s1"), ...starts("s2"), ...starts("c"), stopping("s1"), stopping("c"), stopping("s2")],
  },
];
