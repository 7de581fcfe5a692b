import { expect } from "chai";
import type { Pod } from "./kubernetes.js";
import type { PodObservation, Stage } from "./observation.js";
import { planPod, type PodView } from "./pod-plan.js";

const NOW = 1_000_000;

function pod(metadata: Partial<Pod["metadata"]> = {}, phase = "Running", grace = 30): Pod {
  return {
    metadata: { name: "p", namespace: "n", uid: "u", resourceVersion: "1", creationTimestamp: "", ...metadata },
    spec: { containers: [], terminationGracePeriodSeconds: grace },
    status: { phase },
  };
}

function observed(stage: Stage, needsInputs = false): PodObservation {
  return { stage, needsInputs } as PodObservation;
}

function view(overrides: Partial<PodView> = {}): PodView {
  return {
    api: pod(),
    listed: true,
    seenInApi: true,
    goneConfirmed: false,
    observation: undefined,
    create: "none",
    inputsGiven: false,
    absence: "unknown",
    verdict: undefined,
    acknowledgedBefore: false,
    stopAccepted: undefined,
    statusStored: true,
    deleteSent: false,
    mayAdmit: true,
    deadlineAt: undefined,
    updatable: false,
    refreshAt: undefined,
    noRoomUntil: undefined,
    evictionGrace: undefined,
    history: "never-started",
    ...overrides,
  };
}

const deleting = { deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 5 };

describe("planPod", () => {
  describe("for a wanted pod", () => {
    it("judges it before anything else, once the provider and the API have told all", () => {
      expect(planPod(view({ mayAdmit: false }), NOW).kind).to.equal("wait");
      expect(planPod(view(), NOW).kind).to.equal("admit");
    });

    it("creates an admitted pod, and again while the outcome is unknown", () => {
      expect(planPod(view({ verdict: "admitted" }), NOW)).to.deep.equal({ kind: "create", withPrior: false });
      expect(planPod(view({ verdict: "admitted", create: "sent" }), NOW).kind).to.equal("create");
    });

    it("never judges or creates a pod that an earlier process acknowledged before its absence is proven", () => {
      const earlier = { acknowledgedBefore: true, history: "may-restart" } as const;
      expect(planPod(view(earlier), NOW).kind).to.equal("wait");
      expect(planPod(view({ ...earlier, absence: "suspected" }), NOW).kind).to.equal("confirm-absence");
      expect(planPod(view({ ...earlier, absence: "confirmed" }), NOW)).to.deep.equal({
        kind: "create",
        withPrior: true,
      });
    });

    it("fails a lost pod of which nothing may restart, and re-creates one that never started", () => {
      const lost = { create: "answered", absence: "confirmed", verdict: "admitted" } as const;
      expect(planPod(view({ ...lost, history: "over" }), NOW).kind).to.equal("conclude-lost");
      expect(planPod(view({ ...lost, history: "never-started" }), NOW)).to.deep.equal({
        kind: "create",
        withPrior: false,
      });
    });

    it("creates an observed pod again only when it needs its inputs", () => {
      expect(planPod(view({ observation: observed("started") }), NOW).kind).to.equal("wait");
      expect(planPod(view({ observation: observed("started", true) }), NOW).kind).to.equal("create");
      expect(planPod(view({ observation: observed("started", true), inputsGiven: true }), NOW).kind).to.equal("wait");
    });

    it("stops it once at its deadline, and wakes for it before", () => {
      const running = { observation: observed("started"), deadlineAt: NOW + 10 } as const;
      expect(planPod(view(running), NOW)).to.deep.equal({ kind: "wait", until: NOW + 10 });
      expect(planPod(view(running), NOW + 10)).to.deep.equal({ kind: "stop", graceSeconds: 30, reason: "deadline" });
      expect(planPod(view({ ...running, stopAccepted: 30 }), NOW + 11).kind).to.equal("wait");
    });

    it("leaves a refused pod alone", () => {
      expect(planPod(view({ verdict: "refused" }), NOW).kind).to.equal("wait");
    });
  });

  describe("for a pod that is being deleted", () => {
    const api = pod(deleting);

    it("stops it with the grace of the deletion, once, and again when that is shortened", () => {
      const running = { api, observation: observed("started") };
      expect(planPod(view(running), NOW)).to.deep.equal({ kind: "stop", graceSeconds: 5, reason: "user" });
      expect(planPod(view({ ...running, stopAccepted: 5 }), NOW).kind).to.equal("wait");
      expect(planPod(view({ ...running, stopAccepted: 30 }), NOW).kind).to.equal("stop");
    });

    it("stops it even if the provider never had it, and fails it once that is proven", () => {
      expect(planPod(view({ api }), NOW).kind).to.equal("stop");
      expect(planPod(view({ api, stopAccepted: 5 }), NOW).kind).to.equal("confirm-absence");
      expect(planPod(view({ api, stopAccepted: 5, absence: "confirmed" }), NOW).kind).to.equal("conclude-lost");
    });

    it("sends the final DELETE only after the terminal status is stored", () => {
      const ended = { api: pod(deleting, "Failed"), observation: observed("ended") };
      expect(planPod(view({ ...ended, statusStored: false }), NOW).kind).to.equal("wait");
      expect(planPod(view(ended), NOW).kind).to.equal("delete");
      expect(planPod(view({ ...ended, deleteSent: true }), NOW).kind).to.equal("wait");
    });
  });

  describe("for a pod that the API does not have", () => {
    const gone = { api: undefined } as const;

    it("concludes nothing before a complete list", () => {
      expect(planPod(view({ ...gone, listed: false, observation: observed("started") }), NOW).kind).to.equal("wait");
    });

    it("confirms by a live read before it ends anything", () => {
      expect(planPod(view({ ...gone, observation: observed("started") }), NOW).kind).to.equal("confirm-gone");
    });

    it("stops, waits for the end, then releases", () => {
      const sure = { ...gone, goneConfirmed: true };
      expect(planPod(view({ ...sure, observation: observed("started") }), NOW).kind).to.equal("stop");
      expect(planPod(view({ ...sure, observation: observed("stopping"), stopAccepted: 1 }), NOW).kind).to.equal("wait");
      expect(planPod(view({ ...sure, observation: observed("ended") }), NOW).kind).to.equal("release");
    });

    it("calls a pod an orphan only if the API never had it", () => {
      const sure = { ...gone, goneConfirmed: true, observation: observed("started") };
      expect(planPod(view({ ...sure, seenInApi: false }), NOW)).to.deep.include({ kind: "stop", reason: "orphan" });
      expect(planPod(view(sure), NOW)).to.deep.include({ kind: "stop", reason: "user" });
    });

    it("stops a pod whose CreatePod may still arrive, and forgets it when the provider knows nothing of it", () => {
      const sure = { ...gone, goneConfirmed: true };
      expect(planPod(view({ ...gone, create: "sent" }), NOW).kind).to.equal("confirm-gone");
      expect(planPod(view({ ...sure, create: "sent" }), NOW).kind).to.equal("stop");
      expect(planPod(view({ ...sure, create: "sent", stopAccepted: 1 }), NOW).kind).to.equal("confirm-absence");
      expect(planPod(view({ ...sure, create: "sent", stopAccepted: 1, absence: "confirmed" }), NOW).kind).to.equal(
        "forget",
      );
      expect(planPod(view(gone), NOW).kind).to.equal("forget");
    });
  });

  it("stops what still runs of a pod that the API shows as ended, with the spec's grace", () => {
    const api = pod({}, "Failed", 7);
    expect(planPod(view({ api, observation: observed("started") }), NOW)).to.deep.equal({
      kind: "stop",
      graceSeconds: 7,
      reason: "orphan",
    });
    expect(planPod(view({ api, observation: observed("ended") }), NOW).kind).to.equal("wait");
  });

  it("asks for a pod that others show as ended before the final DELETE, if the provider may have it", () => {
    const api = pod(deleting, "Failed");
    const kindOf = (overrides: Partial<PodView>) => planPod(view({ api, ...overrides }), NOW).kind;
    expect(kindOf({ verdict: "admitted", create: "answered" })).to.equal("confirm-absence");
    expect(kindOf({ verdict: "admitted", create: "sent" })).to.equal("confirm-absence");
    expect(kindOf({ acknowledgedBefore: true })).to.equal("confirm-absence");
    expect(kindOf({ verdict: "admitted", create: "answered", absence: "confirmed" })).to.equal("delete");
    expect(kindOf({ verdict: "admitted" })).to.equal("delete");
    expect(kindOf({ verdict: "refused", create: "sent" })).to.equal("delete");
  });

  it("shortens the grace of a deleted pod even if others have written a final phase", () => {
    const running = { api: pod(deleting, "Failed"), observation: observed("started") };
    expect(planPod(view({ ...running, stopAccepted: 30 }), NOW)).to.include({ kind: "stop", graceSeconds: 5 });
    expect(planPod(view({ ...running, stopAccepted: 5 }), NOW).kind).to.equal("wait");
  });
});
