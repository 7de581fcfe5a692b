import { expect } from "chai";
import type { ContainerStatus, Pod } from "../domain/kubernetes.js";
import { createReporter } from "./report.js";
import { readyWord, restartCount, statusWord } from "./status-word.js";

type State = NonNullable<ContainerStatus["state"]>;

function status(name: string, state: State, more: Partial<ContainerStatus> = {}): ContainerStatus {
  return { name, state, ready: state.running !== undefined, restartCount: 0, image: "i", imageID: "", ...more };
}

const running: State = { running: {} };
const waiting = (reason: string): State => ({ waiting: { reason } });
const ended = (exitCode: number, reason = exitCode === 0 ? "Completed" : "Error"): State => ({
  terminated: { exitCode, reason },
});

interface Draft {
  readonly status?: Pod["status"];
  readonly containers?: number;
  readonly init?: readonly { readonly name: string; readonly restartPolicy?: string }[];
  readonly metadata?: Partial<Pod["metadata"]>;
}

function pod(draft: Draft): Pod {
  const { init } = draft;
  return {
    metadata: {
      name: "web",
      namespace: "default",
      uid: "u",
      resourceVersion: "1",
      creationTimestamp: "",
      ...draft.metadata,
    },
    spec: {
      containers: Array.from({ length: draft.containers ?? 1 }, (_, index) => ({ name: `c${index}` })),
      ...(init === undefined ? {} : { initContainers: init }),
    },
    status: draft.status ?? {},
  };
}

describe("the STATUS column", () => {
  const ready = { type: "Ready", status: "True" };
  const cases: readonly (readonly [string, Draft])[] = [
    ["Pending", {}],
    ["Evicted", { status: { phase: "Failed", reason: "Evicted" } }],
    [
      "ContainerCreating",
      { status: { phase: "Pending", containerStatuses: [status("a", waiting("ContainerCreating"))] } },
    ],
    ["Running", { status: { phase: "Running", containerStatuses: [status("a", running)] } }],
    [
      "CrashLoopBackOff",
      {
        status: {
          phase: "Running",
          containerStatuses: [status("a", running), status("b", waiting("CrashLoopBackOff"))],
        },
      },
    ],
    ["Completed", { status: { phase: "Succeeded", containerStatuses: [status("a", ended(0))] } }],
    ["Error", { status: { phase: "Failed", containerStatuses: [status("a", ended(3)), status("b", ended(0))] } }],
    ["ExitCode:3", { status: { phase: "Failed", containerStatuses: [status("a", { terminated: { exitCode: 3 } })] } }],
    [
      "Signal:9",
      { status: { phase: "Failed", containerStatuses: [status("a", { terminated: { exitCode: 137, signal: 9 } })] } },
    ],
    ["NotReady", { status: { phase: "Running", containerStatuses: [status("a", ended(0)), status("b", running)] } }],
    [
      "Running",
      {
        status: {
          phase: "Running",
          conditions: [ready],
          containerStatuses: [status("a", ended(0)), status("b", running)],
        },
      },
    ],
    ["Terminating", { metadata: { deletionTimestamp: "now" }, status: { phase: "Running" } }],
    [
      "Completed",
      {
        metadata: { deletionTimestamp: "now" },
        status: { phase: "Succeeded", containerStatuses: [status("a", ended(0))] },
      },
    ],
    [
      "Init:1/2",
      {
        init: [{ name: "i" }, { name: "j" }],
        status: { phase: "Pending", initContainerStatuses: [status("i", ended(0)), status("j", running)] },
      },
    ],
    [
      "Init:0/1",
      { init: [{ name: "i" }], status: { initContainerStatuses: [status("i", waiting("PodInitializing"))] } },
    ],
    [
      "Init:ImagePullBackOff",
      { init: [{ name: "i" }], status: { initContainerStatuses: [status("i", waiting("ImagePullBackOff"))] } },
    ],
    ["Init:Error", { init: [{ name: "i" }], status: { initContainerStatuses: [status("i", ended(1))] } }],
    [
      "PodInitializing",
      {
        init: [{ name: "s", restartPolicy: "Always" }],
        status: {
          initContainerStatuses: [status("s", running, { started: true })],
          containerStatuses: [status("c0", waiting("PodInitializing"))],
        },
      },
    ],
  ];
  for (const [index, [word, draft]] of cases.entries()) {
    it(`says ${word} (case ${index + 1})`, () => {
      expect(statusWord(pod(draft))).to.equal(word);
    });
  }
});

describe("the columns READY and RESTARTS", () => {
  it("count sidecars with the containers", () => {
    const draft = pod({
      containers: 2,
      init: [{ name: "i" }, { name: "s", restartPolicy: "Always" }],
      status: {
        initContainerStatuses: [
          status("i", ended(0), { restartCount: 5 }),
          status("s", running, { started: true, restartCount: 1 }),
        ],
        containerStatuses: [status("c0", running, { restartCount: 2 }), status("c1", waiting("CrashLoopBackOff"))],
      },
    });
    expect(readyWord(draft)).to.equal("2/3");
    expect(restartCount(draft)).to.equal(3);
  });

  it("count the restarts of init containers while those run", () => {
    const init = [{ name: "i" }];
    const initContainerStatuses = [status("i", waiting("CrashLoopBackOff"), { restartCount: 4 })];
    expect(restartCount(pod({ init, status: { initContainerStatuses } }))).to.equal(4);
  });
});

describe("the report", () => {
  function report(form: "table" | "json" | "none", pods: readonly (Pod | undefined)[]): readonly string[] {
    const lines: string[] = [];
    const reporter = createReporter(form, (line) => lines.push(line));
    for (const each of pods) reporter.take("u", each);
    return lines;
  }

  const pending = pod({ status: { phase: "Pending" } });
  const up = pod({ status: { phase: "Running", containerStatuses: [status("c0", running)] } });

  it("is a table with one head, a line per change, and a line for what is gone", () => {
    expect(report("table", [pending, pending, up, undefined])).to.deep.equal([
      "NAME                             READY  STATUS                   RESTARTS",
      "web                              0/1    Pending                  0",
      "web                              1/1    Running                  0",
      "web                              -      Gone                     -",
    ]);
  });

  it("shows other namespaces than default before the name, and names of any length whole", () => {
    const name = "a-name-that-is-longer-than-its-column";
    const [, line] = report("table", [pod({ metadata: { name, namespace: "team" } })]);
    expect(line).to.equal(`team/${name} 0/1    Pending                  0`);
  });

  it("is an object a line as JSON", () => {
    const lines = report("json", [pending, pending, up, undefined]).map((line) => JSON.parse(line) as object);
    expect(lines).to.deep.equal([
      { uid: "u", namespace: "default", name: "web", status: pending.status },
      { uid: "u", namespace: "default", name: "web", status: up.status },
      { uid: "u", gone: true },
    ]);
  });

  it("is nothing where nothing is asked for", () => {
    expect(report("none", [pending, up, undefined])).to.deep.equal([]);
  });
});
