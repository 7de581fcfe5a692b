/** Checks of features: what a pod may ask for and a provider says that it honours. */
import { PodStage } from "@outboard/contract";
import { check, type Check } from "../suite/check.js";
import { runCommand } from "../suite/interactions.js";
import { literal } from "../suite/sketch.js";

const EXIT_0 = { behaviour: "exit", params: { ms: 100, code: 0 } } as const;

export const FEATURE_CHECKS: readonly Check[] = [
  check("FEAT-01", "env", {
    title: "Environment reaches the container",
    needs: ["exec"],
    run: async (t) => {
      const { uid } = await t.runningPod({
        containers: [{ behaviour: "pause", env: [{ name: "FEATURE", value: literal("on") }] }],
      });
      const { stdout } = await runCommand(t, { uid, command: [...t.world.kit.command("env")] });
      t.verify(stdout.toString("utf8").includes("FEATURE=on\n"), "missing", "the variable is not in the environment");
    },
  }),
  check("FEAT-04", "exit-codes", {
    title: "An exit code is exact or absent",
    run: async (t) => {
      const pod = await t.pod({ containers: [{ behaviour: "exit", params: { ms: 50, code: 17 } }] });
      const { state } = t.containerOf(await pod.ended());
      const code = state?.$case === "terminated" ? state.value.exitCode : undefined;
      t.verify(code === undefined || code === 17, "wrong-value", `exit code 17 was shown as ${code}`);
    },
  }),
  check("FEAT-05", "two-containers", {
    title: "Both containers run, and the pod ends when both have ended",
    needs: ["feature:containers.multiple"],
    run: async (t) => {
      const pod = await t.pod({
        containers: [EXIT_0, { name: "second", behaviour: "exit", params: { ms: 1_500, code: 4 } }],
        features: ["containers.multiple"],
      });
      const seen = await pod.until("the end of main", ({ containers }) => containers[0]?.state?.$case === "terminated");
      const isOver = t.containerOf(seen, "second").state?.$case === "terminated";
      t.verify(isOver || seen.stage !== PodStage.ENDED, "early", "the pod ended with its first container");
      const { state } = t.containerOf(await pod.ended(), "second");
      t.verify(state?.$case === "terminated", "missing", "the second container did not run to its end");
    },
  }),
  check("FEAT-06", "always", {
    title: "restartPolicy Always restarts after exit 0",
    needs: ["feature:restart_policy.always"],
    run: async (t) => {
      const pod = await t.pod({ containers: [EXIT_0], restartPolicy: "Always", features: ["restart_policy.always"] });
      const seen = await pod.until("a restart", ({ containers }) => (containers[0]?.restartCount ?? 0) >= 1);
      t.verify(seen.stage !== PodStage.ENDED, "wrong-value", "the pod ended although it restarts");
    },
  }),
  check("FEAT-06", "never", {
    title: "restartPolicy Never does not restart",
    run: async (t) => {
      const pod = await t.pod({ containers: [{ behaviour: "exit", params: { ms: 50, code: 1 } }] });
      t.equal(t.containerOf(await pod.ended()).restartCount, 0, "restart_count", "unexpected");
    },
  }),
  check("FEAT-07", "on-failure", {
    title: "restartPolicy OnFailure restarts after 1 and not after 0",
    needs: ["feature:restart_policy.on_failure"],
    run: async (t) => {
      const features = ["restart_policy.on_failure"] as const;
      const good = await t.pod({ containers: [EXIT_0], restartPolicy: "OnFailure", features });
      t.equal(t.containerOf(await good.ended()).restartCount, 0, "restart_count after exit 0", "unexpected");
      const bad = await t.pod({
        containers: [{ behaviour: "crash", params: { ms: 50, code: 1 } }],
        restartPolicy: "OnFailure",
        features,
      });
      await bad.until("a restart", ({ containers }) => (containers[0]?.restartCount ?? 0) >= 1);
    },
  }),
  check("FEAT-10", "init-order", {
    title: "Init containers run one after the other, before main",
    needs: ["feature:init_containers"],
    run: async (t) => {
      const pod = await t.pod({
        containers: [
          { name: "one", ...EXIT_0, isInit: true },
          { name: "two", ...EXIT_0, isInit: true },
          { name: "main", behaviour: "pause" },
        ],
        features: ["init_containers"],
      });
      const { containers } = await pod.running();
      const [one, two, main] = containers.map(({ state }) => state);
      const order = [
        one?.$case === "terminated" ? one.value.until : undefined,
        two?.$case === "terminated" ? two.value.since : undefined,
        two?.$case === "terminated" ? two.value.until : undefined,
        main?.$case === "running" ? main.value.since : undefined,
      ].map((time) => time?.getTime() ?? Number.NaN);
      const isSorted = order.every(
        (time, at) => at === 0 || Math.floor(time / 1000) >= Math.floor((order[at - 1] ?? 0) / 1000),
      );
      t.verify(isSorted, "order", `start and end of the containers are not in order: ${order.join(", ")}`);
    },
  }),
  check("FEAT-10", "init-fails", {
    title: "A failed init container keeps main from starting and ends the pod",
    needs: ["feature:init_containers"],
    run: async (t) => {
      const pod = await t.pod({
        containers: [
          { name: "one", behaviour: "exit", params: { ms: 50, code: 1 }, isInit: true },
          { name: "main", behaviour: "pause" },
        ],
        features: ["init_containers"],
      });
      const { state } = t.containerOf(await pod.ended());
      const hasRun = state?.$case === "running" || (state?.$case === "terminated" && state.value.since !== undefined);
      t.verify(!hasRun, "unexpected", "main started although the init container failed");
    },
  }),
  check("FEAT-11", "sidecar", {
    title: "A sidecar runs beside main and ends after it",
    needs: ["feature:sidecars"],
    run: async (t) => {
      const pod = await t.pod({
        containers: [
          { name: "side", behaviour: "pause", isSidecar: true },
          { name: "main", behaviour: "exit", params: { ms: 1_000, code: 0 } },
        ],
        features: ["sidecars", "init_containers"],
        grace: 2,
      });
      await pod.running("side");
      t.equal(t.containerOf(await pod.ended(), "side").state?.$case, "terminated", "state of the sidecar");
    },
  }),
  check("FEAT-13", "deadline", {
    title: "A pod ends at its deadline",
    needs: ["feature:active_deadline"],
    run: async (t) => {
      const pod = t.plan(
        {
          containers: [{ behaviour: "pause" }],
          features: ["active_deadline"],
          grace: 1,
          spec: { activeDeadlineSeconds: 2 },
        },
        { deadline: new Date(Date.now() + 2_000) },
      );
      await pod.create();
      t.equal((await pod.ended()).cause, 5, "cause");
    },
  }),
];
