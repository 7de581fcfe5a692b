/** Features of single words: command, files, names, tokens, restart rules, termination messages, grace. */
import { type FeatureId, type PodObservation, PodStage } from "@outboard/contract";
import { check, type Check } from "../../suite/check.js";
import { runCommand } from "../../suite/interactions.js";
import type { PodHandle } from "../../suite/pod-handle.js";
import { fileVolume, literal, type PodSketch } from "../../suite/sketch.js";
import type { Trial } from "../../suite/trial.js";
import { clauseOfFeature, featureCheck, FOLDER, logOf, mustHear, show } from "./row.js";

const WORDS = ["one", "", "two  words", "$HOME", "'q'"] as const;
/** The first that leaves a pod the time to start; a busy machine needs more. */
const DEADLINES_S = [3, 8, 20] as const;
const TOKENS = [
  { feature: "volumes.projected_token", volume: "token", folder: "/var/run/secrets/tokens" },
  {
    feature: "inputs.api_access",
    volume: "kube-api-access-abcde",
    folder: "/var/run/secrets/kubernetes.io/serviceaccount",
  },
] as const;

export const BASE_FEATURE_CHECKS: readonly Check[] = [
  check(clauseOfFeature("command"), "arguments", {
    title: "Command and arguments arrive as they are, without a shell",
    needs: ["logs"],
    run: async (t) => {
      const pod = await t.pod({
        containers: [
          { behaviour: "args", extra: { args: WORDS }, inputs: { args: WORDS.map((word) => literal(word)) } },
        ],
      });
      await pod.ended();
      const said = await logOf(t, pod.uid);
      t.equal(said.at(-1), WORDS.join(" "), "what the command was given");
    },
  }),
  check(clauseOfFeature("volumes.files"), "folders", {
    title: "Files are at their paths below the mount, in folders too",
    needs: ["exec"],
    run: async (t) => {
      const { uid } = await t.runningPod(withFiles("files", FOLDER, { "a.txt": "first", "inner/b.txt": "second" }));
      t.equal(await contentOf(t, uid, `${FOLDER}/a.txt`), "first", "content of the first file");
      t.equal(await contentOf(t, uid, `${FOLDER}/inner/b.txt`), "second", "content of the second file");
    },
  }),
  featureCheck({ feature: "hostname", name: "kernel", title: "The pod's kernel has the host name" }, async (t) => {
    mustRun(t);
    const name = "conformance-host";
    const { uid } = await t.runningPod({
      containers: [{ behaviour: "pause" }],
      features: ["hostname"],
      spec: { hostname: name },
      inputs: { hostname: name, podHostNames: [name] },
    });
    const { stdout } = await runCommand(t, { uid, command: [...t.world.kit.command("hostname")] });
    t.equal(stdout.toString("utf8").trim(), name, "the host name");
  }),
  ...TOKENS.map(({ feature, volume, folder }) =>
    featureCheck({ feature, name: "token", title: "The token is in its file" }, async (t) => {
      mustRun(t);
      const sources = [{ serviceAccountToken: { path: "token", expirationSeconds: 3600 } }];
      const { uid } = await t.runningPod({
        ...withFiles(volume, folder, { token: t.world.canary }),
        features: [feature],
        spec: { volumes: [{ name: volume, projected: { sources, defaultMode: 420 } }] },
      });
      const isThere = (await contentOf(t, uid, `${folder}/token`)) === t.world.canary;
      t.verify(isThere, "wrong-value", "the file of the token does not hold what was sent");
    }),
  ),
  featureCheck(
    { feature: "restart_policy.container", name: "rule", title: "A rule restarts what the pod's policy would not" },
    async (t) => {
      const pod = await t.pod({ ...ruled("Restart", 42), features: ["restart_policy.container"] });
      await pod.until("a restart", ({ containers }) => (containers[0]?.restartCount ?? 0) >= 1);
    },
  ),
  featureCheck(
    { feature: "restart_policy.container", name: "other-code", title: "A rule leaves other exit codes alone" },
    async (t) => {
      const pod = await t.pod({ ...ruled("Restart", 43), features: ["restart_policy.container"] });
      t.equal(t.containerOf(await pod.ended()).restartCount, 0, "restart_count", "unexpected");
    },
  ),
  featureCheck(
    {
      feature: "restart_policy.all_containers",
      name: "both",
      title: "A rule restarts every container of the pod",
      also: ["containers.multiple", "restart_policy.container"],
    },
    async (t) => {
      const { containers, ...rest } = ruled("RestartAllContainers", 42);
      const pod = await t.pod({
        ...rest,
        containers: [...containers, { name: "second", behaviour: "pause" }],
        features: ["restart_policy.all_containers", "containers.multiple", "restart_policy.container"],
        grace: 1,
      });
      await pod.until("a restart of the other container", (seen) => t.containerOf(seen, "second").restartCount >= 1);
    },
  ),
  featureCheck(
    {
      feature: "termination_grace",
      name: "at-the-deadline",
      title: "A pod that the provider ends has its own grace period",
      also: ["active_deadline"],
    },
    async (t) => {
      for (const seconds of DEADLINES_S) {
        const pod = await deafUntil(t, seconds);
        const { stage } = await pod.until("start or end", hasRunOrEnded);
        if (stage !== PodStage.ENDED) return void (await pod.ended());
      }
      t.fail("wrong-value", "the pod ended before main ran");
    },
  ),
  ...(["path", "log"] as const).map((source) =>
    featureCheck(
      {
        feature: "termination_message",
        name: source,
        title:
          source === "path" ? "The message comes from the container's own file" : "A failed container's log stands in",
      },
      async (t) => {
        const isFile = source === "path";
        const script = isFile ? `printf told >/dev/conformance-note; exit 3` : "echo told; exit 3";
        const extra = isFile
          ? { terminationMessagePath: "/dev/conformance-note" }
          : { terminationMessagePolicy: "FallbackToLogsOnError" };
        const pod = await t.pod({
          containers: [{ behaviour: "shell", params: { script }, extra }],
          features: ["termination_message"],
        });
        const { state } = t.containerOf(await pod.ended());
        const message = state?.$case === "terminated" ? state.value.message : "";
        t.equal(message.trim(), "told", "the termination message");
      },
    ),
  ),
  nonRoot(),
];

function nonRoot(): Check {
  const feature: FeatureId = "security.run_as_non_root";
  const secured = (securityContext: object): PodSketch => ({
    containers: [{ behaviour: "shell", params: { script: "id -u" }, extra: { securityContext } }],
    features: [feature, "security.run_as_user"],
  });
  return featureCheck(
    { feature, name: "root", title: "What would run as root waits with a reason", also: ["security.run_as_user"] },
    async (t) => {
      mustHear(t);
      const good = await t.pod(secured({ runAsNonRoot: true, runAsUser: 1234 }));
      await good.ended();
      const said = await logOf(t, good.uid);
      t.verify(said.includes("1234"), "control-failed", `as another user it said ${show(said)}`);
      const bad = await t.pod(secured({ runAsNonRoot: true, runAsUser: 0 }));
      await bad.until("a waiting reason", ({ containers, stage }) => {
        const state = containers[0]?.state;
        const hasRun = stage === PodStage.ENDED || state?.$case === "running" || state?.$case === "terminated";
        t.verify(!hasRun, "unexpected", "the container has run as root");
        return state?.$case === "waiting" && state.value.reason === "CreateContainerConfigError";
      });
    },
  );
}

/** A pod with a deadline that is deaf to TERM and has a second for its end. */
async function deafUntil(t: Trial, seconds: number): Promise<PodHandle> {
  const pod = t.plan(
    {
      containers: [{ behaviour: "ignore-term" }],
      features: ["termination_grace", "active_deadline"],
      grace: 1,
      spec: { activeDeadlineSeconds: seconds },
    },
    { deadline: new Date(Date.now() + seconds * 1_000) },
  );
  await pod.create();
  return pod;
}

function hasRunOrEnded({ stage, containers }: PodObservation): boolean {
  return stage === PodStage.ENDED || containers[0]?.state?.$case === "running";
}

/** A pod that is never restarted as a whole, with a rule for one exit code; its container ends with 42. */
function ruled(action: string, code: number): PodSketch & { readonly containers: PodSketch["containers"] } {
  const restartPolicyRules = [{ action, exitCodes: { operator: "In", values: [code] } }];
  return {
    containers: [
      {
        behaviour: "exit",
        params: { ms: 300, code: 42 },
        extra: { restartPolicy: "Never", restartPolicyRules },
      },
    ],
    restartPolicy: "Never",
  };
}

function withFiles(name: string, mountPath: string, files: Readonly<Record<string, string>>): PodSketch {
  return {
    containers: [{ behaviour: "pause", mounts: [{ name, mountPath }] }],
    volumes: [fileVolume(name, files)],
  };
}

async function contentOf(t: Trial, uid: string, path: string): Promise<string> {
  const command = [...t.world.kit.command("cat-file", { path })];
  return (await runCommand(t, { uid, command })).stdout.toString("utf8");
}

function mustRun(t: Trial): void {
  if (!t.world.declares("exec")) t.notTestable("exec is not declared, so nothing can look into the pod");
}
