/** Checks of sessions: fencing, owners and observers. Those that take the session away run alone. */
import { randomUUID } from "node:crypto";
import { type CallOptions, isStatusError, StopReason } from "@outboard/contract";
import { check, type Check } from "../suite/check.js";
import { openExec } from "../suite/interactions.js";
import type { PodHandle } from "../suite/pod-handle.js";
import { watch } from "../suite/streams.js";
import type { Trial } from "../suite/trial.js";
import { OBSERVER } from "./handshake.js";

const PAUSE = { containers: [{ behaviour: "pause" }] } as const;

export const SESSION_CHECKS: readonly Check[] = [
  check("SESS-01", "no-session", {
    title: "Calls without a session are refused",
    run: async (t) => {
      const bare: CallOptions = { signal: t.signal, deadlineMs: t.world.limits.of("call") };
      await everyCallRefused(t, bare);
    },
  }),
  check("SESS-02", "unknown-session", {
    title: "Calls with a made-up session are refused",
    run: async (t) => {
      await everyCallRefused(t, t.world.call(t.signal, "no-such-session"));
    },
  }),
  check("SESS-03", "lower-fencing", {
    title: "A lower fencing number is refused and told the highest",
    isAlone: true,
    run: async (t) => {
      t.world.fencing += 2n;
      await t.world.takeSession(t.signal);
      const { fencing } = t.world;
      const lower = () => t.handshake({ instanceId: "other", fencing: fencing - 1n });
      await t.refused(lower, () => t.world.takeSession(t.signal));
      const error = await lower().catch((reason: unknown) => reason);
      t.equal(isStatusError(error) ? error.metadata.get("fencing") : undefined, String(fencing), "metadata fencing");
      await t.calls.node.getNode({}, t.options);
    },
  }),
  check("SESS-04", "equal-fencing", {
    title: "An equal fencing number of another instance is refused, of the same instance it is not",
    isAlone: true,
    run: async (t) => {
      await t.refused(
        () => t.handshake({ instanceId: "another" }),
        () => t.world.takeSession(t.signal),
      );
    },
  }),
  check("SESS-05", "superseded", {
    title: "After a takeover the old session is refused everywhere",
    isAlone: true,
    run: async (t) => {
      const old = t.options;
      await t.calls.node.getNode({}, old);
      await takeOver(t);
      await everyCallRefused(t, old);
    },
  }),
  check("SESS-06", "watch-ends", {
    title: "A takeover ends the old owner's watch",
    isAlone: true,
    run: async (t) => {
      const stream = watch(t);
      await stream.find("observe", "snapshot_end", ({ event }) => event?.$case === "snapshotEnd");
      await takeOver(t);
      const end = await stream.ended("observe", "the old watch ends");
      t.equal(end.status, "ABORTED/SESSION_SUPERSEDED", "status of the old watch", "wrong-status");
    },
  }),
  check("SESS-07", "second-handshake", {
    title: "A second Handshake of the same instance ends the first session",
    isAlone: true,
    run: async (t) => {
      for (const higher of [0n, 1n]) {
        const old = t.options;
        await t.calls.node.getNode({}, old);
        t.world.fencing += higher;
        await t.world.takeSession(t.signal);
        await t.refused(
          () => t.calls.node.getNode({}, old),
          () => t.calls.node.getNode({}, t.options),
        );
      }
    },
  }),
  check("SESS-08", "pods-stay", {
    title: "Pods run on over a takeover",
    isAlone: true,
    run: async (t) => {
      const pod = await t.runningPod();
      const before = await pod.container();
      await takeOver(t);
      await t.pause(t.world.limits.quietMs);
      const after = await pod.container();
      t.equal(after.state?.$case, "running", "state after the takeover", "changed");
      t.equal(after.containerId, before.containerId, "container_id", "changed");
      t.equal(after.restartCount, before.restartCount, "restart_count", "changed");
    },
  }),
  check("SESS-09", "observer", {
    title: "An observer gets a session and the owner keeps its own",
    run: async (t) => {
      const { sessionId } = await t.handshake(OBSERVER);
      await t.calls.node.getNode({}, t.world.call(t.signal, sessionId));
      await t.calls.node.getNode({}, t.options);
    },
  }),
  check("SESS-10", "observer-reads", {
    title: "An observer reads node, pods and the list",
    run: async (t) => {
      const pod = await t.runningPod();
      const { sessionId } = await t.handshake(OBSERVER);
      const options = t.world.call(t.signal, sessionId);
      await t.calls.node.getNode({}, options);
      const { pod: seen } = await t.calls.pods.getPod({ uid: pod.uid }, options);
      t.equal(seen?.uid, pod.uid, "uid");
      const list = [];
      for await (const message of t.calls.pods.watchPods({ snapshotOnly: true }, options)) list.push(message);
      t.verify(list.length > 2, "missing", "the list of an observer is empty");
      if (t.world.declares("stats")) for await (const _ of t.calls.stats.getStats({ onlyCpuAndMemory: true }, options));
    },
  }),
  check("SESS-11", "observer-writes", {
    title: "An observer changes nothing",
    run: async (t) => {
      const [pod, other] = [await t.runningPod(), t.plan(PAUSE)];
      const { sessionId } = await t.handshake(OBSERVER);
      const { uid } = pod;
      const owner = t.world.hello.sessionId;
      if (t.world.declares("exec")) {
        await t.refused(
          () => execIn(t, uid, sessionId),
          () => execIn(t, uid, owner),
        );
      }
      await everyCallRefused(t, t.world.call(t.signal, sessionId), { pod: other, isWriting: true });
      t.equal((await pod.container()).state?.$case, "running", "state of the pod", "changed");
    },
  }),
  check("SESS-12", "other-owner", {
    title: "Owners of another cluster or node are refused",
    isAlone: true,
    run: async (t) => {
      const fencing = t.world.fencing + 100n;
      const good = () => t.world.takeSession(t.signal);
      await t.refused(() => t.handshake({ instanceId: "foreign", fencing, clusterId: "another-cluster" }), good);
      await t.refused(() => t.handshake({ instanceId: "foreign", fencing, nodeName: "another-node" }), good);
      await t.calls.node.getNode({}, t.options);
    },
  }),
  check("SESS-13", "other-observer", {
    title: "An observer that names another cluster is refused, of this one it is not",
    run: async (t) => {
      const { clusterId, nodeName } = t.world.options;
      const good = () => t.handshake({ ...OBSERVER, clusterId, nodeName });
      await t.refused(() => t.handshake({ ...OBSERVER, clusterId: "another-cluster", nodeName }), good);
      await t.refused(() => t.handshake({ ...OBSERVER, clusterId, nodeName: "another-node" }), good);
    },
  }),
  check("SESS-14", "open-exec", {
    title: "A command that is under way ends properly after a takeover, or with SESSION_SUPERSEDED",
    needs: ["exec"],
    isAlone: true,
    run: async (t) => {
      const pod = await t.runningPod();
      const session = openExec(t, { uid: pod.uid, command: t.world.kit.command("sleep", { seconds: 1 }) });
      await session.output.find("first-frame", "opened", ({ frame }) => frame?.$case === "opened");
      await takeOver(t);
      const { status } = await session.output.ended("stream", "the command's session ends");
      t.verify(
        ["OK", "ABORTED/SESSION_SUPERSEDED"].includes(status),
        "wrong-status",
        `the session ended with ${status}`,
      );
    },
  }),
];

/** A new owner with a higher number: this run under a new instance, so that it goes on. */
async function takeOver(t: Trial): Promise<void> {
  t.world.fencing += 1n;
  t.world.instanceId = `conformance-${randomUUID()}`;
  await t.world.takeSession(t.signal);
}

interface Refused {
  /** Made, stopped and released by the controls. */
  readonly pod: PodHandle;
  /** Only the calls that change something. */
  readonly isWriting: boolean;
}

/** Each call with these options is refused, and accepted with the owner's own. */
async function everyCallRefused(
  t: Trial,
  options: CallOptions,
  { pod, isWriting }: Refused = { pod: t.plan(PAUSE), isWriting: false },
): Promise<void> {
  const { pods, node } = t.calls;
  const { uid, inputs } = pod.order;
  const refused = async (call: (options: CallOptions) => Promise<unknown>) =>
    await t.refused(
      () => call(options),
      () => call(t.options),
    );
  await refused((use) => pods.createPod(pod.order, use));
  await refused((use) => pods.updateInputs({ uid, inputs, inputVersion: 2n }, use));
  if (!isWriting) {
    await refused((use) => node.getNode({}, use));
    await refused((use) => pods.getPod({ uid }, use));
    await refused(async (use) => {
      for await (const _ of pods.watchPods({ snapshotOnly: true }, use));
    });
  }
  await refused((use) => pods.stopPod({ uid, graceSeconds: 0, reason: StopReason.USER }, use));
  await pod.ended();
  await refused((use) => pods.releasePod({ uid }, use));
}

async function execIn(t: Trial, uid: string, session: string): Promise<void> {
  const command = t.world.kit.command("echo", { text: "a" });
  const start = { uid, container: "main", command, tty: false, stdin: false, stdout: true, stderr: true };
  const input = (async function* () {
    yield { frame: { $case: "start" as const, value: start } };
  })();
  for await (const _ of t.calls.interaction.exec(input, {
    signal: t.signal,
    metadata: { "outboard-session": session },
  }));
}
