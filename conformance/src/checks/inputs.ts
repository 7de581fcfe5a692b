/** Checks of what the gateway resolves: environment, files, errors, and their updates. */
import { AddressSlot, type EnvVar, type PodInputs, type VolumeInputs } from "@outboard/contract";
import { check, type Check } from "../suite/check.js";
import { runCommand } from "../suite/interactions.js";
import type { PodHandle } from "../suite/pod-handle.js";
import { fileVolume, literal } from "../suite/sketch.js";
import type { Trial } from "../suite/trial.js";
import { undeclaredFeature } from "./create.js";

const PAUSE = { containers: [{ behaviour: "pause" }] } as const;

export const INPUT_CHECKS: readonly Check[] = [
  check("INPUT-01", "env", {
    title: "Values arrive exactly, the last of a name wins, and a secret comes back nowhere",
    needs: ["exec"],
    run: async (t) => {
      const env = [
        text("A", "one"),
        text("B", "a=b $(A) 'q'"),
        text("A", "two"),
        text("EMPTY", ""),
        text("SECRET", t.world.canary),
      ];
      const { uid } = await t.runningPod({ containers: [{ behaviour: "pause", env }] });
      const lines = await envOf(t, uid);
      for (const line of ["A=two", "B=a=b $(A) 'q'", "EMPTY=", `SECRET=${t.world.canary}`]) {
        t.verify(lines.includes(line), "wrong-value", `the environment has no line ${line.split("=")[0]}=...`);
      }
      t.verify(!lines.includes("A=one"), "repeated", "the first value of A is there too");
    },
  }),
  check("INPUT-02", "slots", {
    title: "Pod IP slots hold the pod's address",
    needs: ["exec", "feature:pod_ip"],
    run: async (t) => {
      const env: EnvVar[] = [
        { name: "POD_IP", value: { parts: [{ part: { $case: "address", value: AddressSlot.POD_IP } }] } },
        { name: "HOST_IP", value: { parts: [{ part: { $case: "address", value: AddressSlot.HOST_IP } }] } },
      ];
      const pod = await t.runningPod({ containers: [{ behaviour: "pause", env }], features: ["pod_ip"] });
      const { podIps, hostIps } = await pod.get();
      const lines = await envOf(t, pod.uid);
      t.verify(lines.includes(`POD_IP=${podIps[0]}`), "wrong-value", `POD_IP is not ${podIps[0]}`);
      const hostIp = lines.find((line) => line.startsWith("HOST_IP="))?.slice("HOST_IP=".length);
      t.verify(hostIp !== undefined, "missing", "HOST_IP is missing");
      // host_ips empty means the node's addresses; a slot has no address only where the node has none either
      const { node } = await t.calls.node.getNode({}, t.options);
      const known = hostIps.length > 0 ? hostIps.slice(0, 1) : (node?.addresses ?? []).map(({ address }) => address);
      const isRight = known.length === 0 ? hostIp === "" : known.includes(hostIp ?? "");
      t.verify(isRight, "wrong-value", `HOST_IP is ${hostIp}, must be ${known.join(" or ") || "empty"}`);
    },
  }),
  check("INPUT-03", "files", {
    title: "A file of a volume is in the container",
    needs: ["exec"],
    run: async (t) => {
      const { uid } = await t.runningPod(withFile("first content"));
      t.equal(await fileOf(t, uid), "first content", "content of the file");
    },
  }),
  check("INPUT-04", "error", {
    title: "A container with an error waits with its reason",
    run: async (t) => {
      const pod = await t.pod(withError());
      await waits(pod);
    },
  }),
  check("INPUT-05", "newer", {
    title: "A higher version is taken and shown",
    run: async (t) => {
      const pod = await t.runningPod();
      await update(t, pod, 5n);
      await pod.until("input_version 5", ({ inputVersion }) => inputVersion === 5n);
    },
  }),
  check("INPUT-06", "older", {
    title: "An equal or lower version is OK and without effect",
    run: async (t) => {
      const pod = await t.runningPod();
      await update(t, pod, 5n);
      for (const version of [5n, 3n]) await update(t, pod, version);
      t.equal((await pod.get()).inputVersion, 5n, "input_version", "changed");
    },
  }),
  check("INPUT-07", "unknown", {
    title: "Inputs of an unknown pod are refused",
    run: async (t) => {
      const known = await t.runningPod();
      const unknown = t.plan(PAUSE);
      await t.refused(
        () => update(t, unknown, 2n),
        () => update(t, known, 2n),
      );
    },
  }),
  check("INPUT-08", "live-files", {
    title: "A file changes in the running container",
    needs: ["inputs.live", "exec"],
    run: async (t) => {
      const pod = await t.runningPod(withFile("first content"));
      const inputs = t.present(pod.order.inputs, "inputs");
      await update(t, pod, 2n, { ...inputs, volumes: [volume("second content")] });
      await t.eventually("start", "the new content", async () =>
        (await fileOf(t, pod.uid)) === "second content" ? true : undefined,
      );
    },
  }),
  check("INPUT-09", "error-mended", {
    title: "Better inputs let the container start",
    run: async (t) => {
      const pod = await t.pod(withError());
      await waits(pod);
      const inputs = t.present(pod.order.inputs, "inputs");
      const containers = inputs.containers.map((container) => ({ ...container, error: undefined }));
      await update(t, pod, 2n, { ...inputs, containers });
      await pod.running();
    },
  }),
  check("INPUT-10", "ended", {
    title: "Inputs of an ended pod are OK and without effect",
    run: async (t) => {
      const pod = await t.pod({ containers: [{ behaviour: "exit", params: { ms: 50, code: 0 } }] });
      const before = await pod.ended();
      await update(t, pod, 9n);
      t.equal((await pod.get()).stage, before.stage, "stage", "changed");
    },
  }),
  check("INPUT-11", "undeclared-feature", {
    title: "Inputs with an undeclared feature are refused",
    run: async (t) => {
      const pod = await t.runningPod();
      const inputs = t.present(pod.order.inputs, "inputs");
      await t.refused(
        () => update(t, pod, 3n, { ...inputs, admittedFeatures: [undeclaredFeature(t)] }),
        () => update(t, pod, 2n),
      );
    },
  }),
  check("INPUT-13", "none", {
    title: "UpdateInputs without inputs is refused",
    run: async (t) => {
      const pod = await t.runningPod();
      await t.refused(
        () => t.calls.pods.updateInputs({ uid: pod.uid, inputs: undefined, inputVersion: 3n }, t.options),
        () => update(t, pod, 2n),
      );
    },
  }),
];

async function update(t: Trial, pod: PodHandle, inputVersion: bigint, inputs?: PodInputs): Promise<void> {
  await t.calls.pods.updateInputs({ uid: pod.uid, inputs: inputs ?? pod.order.inputs, inputVersion }, t.options);
}

function withError() {
  return {
    containers: [{ behaviour: "pause", error: { reason: "CreateContainerConfigError", message: "a key is missing" } }],
  } as const;
}

async function waits(pod: PodHandle): Promise<void> {
  await pod.until("the reason of the error", ({ containers }) => {
    const state = containers[0]?.state;
    return state?.$case === "waiting" && state.value.reason === "CreateContainerConfigError";
  });
}

function text(name: string, value: string): EnvVar {
  return { name, value: literal(value) };
}

function volume(content: string): VolumeInputs {
  return fileVolume("files", { "file.txt": content });
}

function withFile(content: string) {
  return {
    containers: [{ behaviour: "pause", mounts: [{ name: "files", mountPath: "/etc/conformance" }] }],
    volumes: [volume(content)],
  } as const;
}

async function fileOf(t: Trial, uid: string): Promise<string> {
  const command = [...t.world.kit.command("cat-file", { path: "/etc/conformance/file.txt" })];
  return (await runCommand(t, { uid, command })).stdout.toString("utf8");
}

async function envOf(t: Trial, uid: string): Promise<readonly string[]> {
  const { stdout } = await runCommand(t, { uid, command: [...t.world.kit.command("env")] });
  return stdout.toString("utf8").split("\n");
}
