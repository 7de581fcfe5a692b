/** Checks of what observations say of containers. The rules over all of them are monitors. */
import { ContainerKind, TerminationCause } from "@outboard/contract";
import { check, type Check } from "../suite/check.js";

const CRASH = {
  containers: [{ behaviour: "crash", params: { ms: 50, code: 9 } }],
  restartPolicy: "Always",
  features: ["restart_policy.always"],
} as const;

export const OBSERVATION_CHECKS: readonly Check[] = [
  check("OBS-04", "exit-codes", {
    title: "Exit codes 0, 3, 200 and 255 come as they are, or not at all",
    run: async (t) => {
      for (const code of [0, 3, 200, 255]) {
        const pod = await t.pod({ containers: [{ behaviour: "exit", params: { ms: 50, code } }] });
        const { state } = t.containerOf(await pod.ended());
        const seen = state?.$case === "terminated" ? state.value.exitCode : undefined;
        t.equal(state?.$case, "terminated", "state");
        t.verify(seen === undefined || seen === code, "wrong-value", `exit code ${code} was shown as ${seen}`);
      }
    },
  }),
  check("OBS-06", "containers", {
    title: "Every container has its entry, in order and with its kind",
    needs: ["feature:containers.multiple"],
    run: async (t) => {
      const pod = await t.pod({
        containers: [{ behaviour: "pause" }, { name: "second", behaviour: "pause" }],
        features: ["containers.multiple"],
      });
      await pod.running("main");
      const { containers } = await pod.running("second");
      t.equal(
        containers.map(({ name }) => name),
        ["main", "second"],
        "names of the containers",
        "missing",
      );
      t.equal(
        containers.map(({ kind }) => kind),
        [ContainerKind.MAIN, ContainerKind.MAIN],
        "kinds",
      );
    },
  }),
  check("OBS-06", "init", {
    title: "An init container stands first, as INIT",
    needs: ["feature:init_containers"],
    run: async (t) => {
      const pod = await t.pod({
        containers: [
          { name: "first", behaviour: "exit", params: { ms: 50, code: 0 }, isInit: true },
          { name: "main", behaviour: "pause" },
        ],
        features: ["init_containers"],
      });
      const { containers } = await pod.running();
      t.equal(
        containers.map(({ name }) => name),
        ["first", "main"],
        "names of the containers",
        "missing",
      );
      t.equal(containers[0]?.kind, ContainerKind.INIT, "kind of the init container");
    },
  }),
  check("OBS-14", "latency", {
    title: "An end is observed within status_latency",
    run: async (t) => {
      const since = performance.now();
      const pod = await t.pod({ containers: [{ behaviour: "exit", params: { ms: 100, code: 0 } }] });
      const started = performance.now();
      await pod.ended();
      t.inTime("the end and its observation", started, 10_000 + t.world.limits.of("observe") + started - since);
    },
  }),
  check("OBS-15", "no-probes", {
    title: "Without probes started and ready are absent or true",
    run: async (t) => {
      const pod = await t.runningPod();
      const { started, ready } = await pod.container();
      t.verify(started !== false, "wrong-value", "started is false without a startup probe");
      t.verify(ready !== false, "wrong-value", "ready is false without a readiness probe");
    },
  }),
  check("OBS-16", "lost", {
    title: "A lost pod is shown as lost",
    needs: ["control"],
    isAlone: true,
    run: async (t) => {
      const pod = await t.runningPod();
      await t.calls.control.losePod({ uid: pod.uid }, { signal: t.signal });
      t.equal((await pod.ended()).cause, TerminationCause.BACKEND_LOST, "cause");
    },
  }),
  check("OBS-17", "reclaimed", {
    title: "A reclaimed pod is shown as reclaimed",
    needs: ["control"],
    isAlone: true,
    run: async (t) => {
      const pod = await t.runningPod();
      await t.calls.control.reclaimPod({ uid: pod.uid }, { signal: t.signal });
      t.equal((await pod.ended()).cause, TerminationCause.BACKEND_RECLAIMED, "cause");
    },
  }),
  check("OBS-19", "last-termination", {
    title: "After a restart last_termination has the exit code",
    needs: ["feature:restart_policy.always"],
    run: async (t) => {
      const pod = await t.pod(CRASH);
      const seen = await pod.until("a restart", ({ containers }) => (containers[0]?.restartCount ?? 0) >= 1);
      const last = t.present(t.containerOf(seen).lastTermination, "last_termination is absent after a restart");
      t.verify(
        last.exitCode === undefined || last.exitCode === 9,
        "wrong-value",
        `its exit code is ${last.exitCode}, must be 9`,
      );
    },
  }),
];
