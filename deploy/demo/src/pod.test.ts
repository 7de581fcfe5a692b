import { expect } from "chai";
import { type ContainerStatus, exitCode, type Pod, readyWord, statusWord } from "./pod.js";

type State = NonNullable<ContainerStatus["state"]>;

const container = (name: string, state: State, more: Partial<ContainerStatus> = {}): ContainerStatus => ({
  name,
  ready: state.running !== undefined,
  started: state.running !== undefined,
  restartCount: 0,
  state,
  ...more,
});

const pod = (status: NonNullable<Pod["status"]>, deletionTimestamp?: string): Pod => ({
  metadata: { name: "p", ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) },
  status,
});

const RUNNING: State = { running: {} };
const WAITING: State = { waiting: { reason: "PodInitializing" } };
const DONE: State = { terminated: { exitCode: 0, reason: "Completed" } };
const FAILED: State = { terminated: { exitCode: 3, reason: "Error" } };

describe("statusWord", () => {
  it("counts init containers while they work", () => {
    const status = {
      phase: "Pending",
      initContainerStatuses: [container("a", DONE), container("b", RUNNING, { started: false })],
      containerStatuses: [container("main", WAITING)],
    };
    expect(statusWord(pod(status))).to.equal("Init:1/2");
  });

  it("names the failure of an init container", () => {
    const status = { initContainerStatuses: [container("a", FAILED)], containerStatuses: [container("main", WAITING)] };
    expect(statusWord(pod(status))).to.equal("Init:Error");
  });

  it("passes over a sidecar that has started", () => {
    const status = {
      phase: "Running",
      initContainerStatuses: [container("sidecar", RUNNING)],
      containerStatuses: [container("main", RUNNING)],
    };
    expect(statusWord(pod(status))).to.equal("Running");
  });

  it("shows why a container waits or how it ended, else reason, else phase", () => {
    expect(statusWord(pod({ containerStatuses: [container("c", FAILED)] }))).to.equal("Error");
    expect(statusWord(pod({ phase: "Failed", reason: "Evicted" }))).to.equal("Evicted");
    expect(statusWord(pod({}))).to.equal("Pending");
  });

  it("says Terminating once deletion was asked for", () => {
    expect(statusWord(pod({ phase: "Running" }, "2026-01-01T00:00:00Z"))).to.equal("Terminating");
  });
});

describe("readyWord", () => {
  it("counts containers and running sidecars, not finished init containers", () => {
    const status = {
      initContainerStatuses: [container("init", DONE), container("sidecar", RUNNING)],
      containerStatuses: [container("main", RUNNING), container("other", WAITING)],
    };
    const spec = {
      containers: [{}, {}],
      initContainers: [{ name: "init" }, { name: "sidecar", restartPolicy: "Always" }],
    };
    expect(readyWord({ ...pod(status), spec })).to.equal("2/3");
    expect(readyWord({ ...pod({ phase: "Pending" }), spec })).to.equal("0/3");
  });
});

describe("exitCode", () => {
  it("is the exit code of the named container, and nothing while it runs", () => {
    const status = { containerStatuses: [container("a", FAILED), container("b", RUNNING)] };
    expect(exitCode(pod(status), "a")).to.equal(3);
    expect(exitCode(pod(status), "b")).to.equal(undefined);
  });
});
