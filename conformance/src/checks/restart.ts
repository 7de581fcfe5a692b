/** Checks of restarts and crashes: the suite owns the process, kills it and starts it again. */
import { PodStage, ProviderState, SessionMode } from "@outboard/contract";
import { check, type Check } from "../suite/check.js";
import { watch } from "../suite/streams.js";
import type { ProviderProcess } from "../suite/provider-process.js";
import type { Trial } from "../suite/trial.js";
import { list } from "./create.js";

const END_LIMIT_MS = 15_000;

export const RESTART_CHECKS: readonly Check[] = [
  check("RESTART-01", "instance", {
    title: "A new process has a new instance_id",
    ...launched(async (t) => {
      const before = t.world.hello.instanceId;
      await kill(t);
      t.verify(t.world.hello.instanceId !== before, "repeated", "the new process has the old instance_id");
    }),
  }),
  check("RESTART-02", "socket-left", {
    title: "A provider that was killed starts again at once",
    ...launched(async (t) => {
      await kill(t);
      await t.calls.node.getNode({}, t.options);
    }),
  }),
  check("RESTART-03", "epoch", {
    title: "Revisions go on, or the epoch is new",
    ...launched(async (t) => {
      const pod = await t.runningPod();
      const [epoch, before] = [t.world.hello.epoch, await pod.get()];
      await kill(t);
      if (t.world.hello.epoch !== epoch) return;
      const after = await t.eventually(
        "start",
        "the pod is known again",
        async () => await pod.get().catch(() => undefined),
      );
      t.verify(
        after.revision >= before.revision,
        "order",
        `revision ${after.revision} follows ${before.revision} in one epoch`,
      );
    }),
  }),
  check("RESTART-04", "term", {
    title: "The provider ends within 10 s of a termination signal",
    ...launched(async (t, process) => {
      const since = performance.now();
      await process.end("SIGTERM", END_LIMIT_MS).catch(() => {});
      t.inTime("the provider's end", since, 10_000);
    }),
  }),
  check("WATCH-20", "shutdown", {
    title: "A shutdown ends open streams with UNAVAILABLE",
    ...launched(async (t, process) => {
      const stream = watch(t);
      await stream.find("observe", "snapshot_end", ({ event }) => event?.$case === "snapshotEnd");
      await process.end("SIGTERM", END_LIMIT_MS);
      const { status } = await stream.ended("observe", "the stream ends");
      t.equal(status.split("/")[0], "UNAVAILABLE", "status of the stream", "wrong-status");
    }),
  }),
  check("CREATE-21", "survives", {
    title: "An acknowledged pod is known after a crash",
    ...launched(async (t) => {
      const pod = await t.runningPod();
      await kill(t);
      await known(t, pod.uid);
      const after = await pod.get();
      t.verify(after.stage !== PodStage.ENDED, "wrong-value", "the pod ended because the provider crashed");
    }),
  }),
  check("CREATE-22", "needs-inputs", {
    title: "A pod that needs inputs takes CreatePod and goes on",
    ...launched(async (t) => {
      const pod = await t.runningPod();
      await kill(t);
      await known(t, pod.uid);
      if ((await pod.get()).needsInputs) await pod.create();
      await pod.until("needs_inputs is false", ({ needsInputs }) => !needsInputs);
      await pod.running();
    }),
  }),
  check("STOP-16", "survives", {
    title: "An acknowledged StopPod is carried out after a crash",
    ...launched(async (t) => {
      const pod = await t.runningPod({ containers: [{ behaviour: "ignore-term" }], features: ["termination_grace"] });
      await pod.stop(3);
      await kill(t);
      await pod.ended();
    }),
  }),
  check("RESTART-05", "ended-pods", {
    title: "An ended pod keeps its exit code over a crash",
    ...launched(async (t) => {
      const pod = await t.pod({ containers: [{ behaviour: "exit", params: { ms: 50, code: 23 } }] });
      await pod.ended();
      await kill(t);
      await known(t, pod.uid);
      const { state } = t.containerOf(await pod.ended());
      t.equal(state?.$case === "terminated" ? state.value.exitCode : undefined, 23, "exit code");
    }),
  }),
  check("REL-07", "stays-gone", {
    title: "A released pod does not come back",
    ...launched(async (t) => {
      const pod = await t.runningPod();
      await pod.stop();
      await pod.ended();
      await pod.release();
      await kill(t);
      const isListed = (await list(t)).some(({ uid }) => uid === pod.uid);
      t.verify(!isListed, "unexpected", "the released pod is in the list after a restart");
    }),
  }),
  check("NODE-16", "before-the-owner", {
    title: "Before an owner came the inventory is not complete, unless the owner is known from before",
    ...launched(async (t, process) => {
      await process.end("SIGKILL", END_LIMIT_MS);
      process.start();
      t.world.reconnect();
      t.renew();
      const observer = await t.eventually(
        "ready",
        "an observer's session",
        async () =>
          await t
            .handshake({
              mode: SessionMode.OBSERVER,
              fencing: undefined,
              clusterId: "",
              nodeName: "",
              nodeConfiguration: undefined,
            })
            .catch(() => undefined),
      );
      const { state, inventoryComplete } = await t.calls.node.getNode({}, t.world.call(t.signal, observer.sessionId));
      t.verify(
        inventoryComplete || state === ProviderState.STARTING,
        "wrong-value",
        `state ${state} with an incomplete inventory before an owner came, must be STARTING`,
      );
    }),
  }),
];

function launched(
  run: (t: Trial, process: ProviderProcess) => Promise<void>,
): Pick<Parameters<typeof check>[2], "needs" | "isAlone" | "run"> {
  return {
    needs: ["launch"],
    isAlone: true,
    run: async (t) => {
      await run(t, processOf(t));
    },
  };
}

function processOf(t: Trial): ProviderProcess {
  const { process } = t.world.options;
  return process ?? t.notTestable("needs --launch");
}

/** Kills the provider, starts it again and takes the session. */
async function kill(t: Trial): Promise<void> {
  const process = processOf(t);
  await process.end("SIGKILL", END_LIMIT_MS);
  process.start();
  t.world.reconnect();
  t.renew();
  await t.world.takeSession(t.signal);
}

async function known(t: Trial, uid: string): Promise<void> {
  const found = await list(t);
  t.verify(
    found.some((pod) => pod.uid === uid),
    "missing",
    `pod ${uid} is not known after the crash`,
  );
}
