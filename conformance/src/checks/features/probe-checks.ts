/** Probes: each kind of each purpose, once against what answers and once against what does not. */
import { randomInt } from "node:crypto";
import type { ContainerObservation, FeatureId, PodObservation } from "@outboard/contract";
import type { Check } from "../../suite/check.js";
import type { PodHandle } from "../../suite/pod-handle.js";
import type { ContainerSketch } from "../../suite/sketch.js";
import type { Trial } from "../../suite/trial.js";
import { featureCheck, isAlive } from "./row.js";

type Purpose = "liveness" | "readiness" | "startup";
type Kind = "exec" | "http" | "tcp" | "grpc";

const PURPOSES: readonly Purpose[] = ["liveness", "readiness", "startup"];
const KINDS: readonly Kind[] = ["exec", "http", "tcp", "grpc"];
/** Long enough for several probes, each a second after the one before. */
const SEVERAL_PROBES_MS = 3_500;
const SETTINGS = { periodSeconds: 1, timeoutSeconds: 5, successThreshold: 1 } as const;

export const PROBE_CHECKS: readonly Check[] = PURPOSES.flatMap((purpose) =>
  KINDS.flatMap((kind) => [fails(purpose, kind), passes(purpose, kind)]),
);

function featureOfProbe(purpose: Purpose, kind: Kind): FeatureId {
  return `probes.${purpose}.${kind}`;
}

function fails(purpose: Purpose, kind: Kind): Check {
  const effect = purpose === "readiness" ? "the container is not ready" : "the container is killed";
  const head = { feature: featureOfProbe(purpose, kind), name: "fails", title: `The probe fails: ${effect}` } as const;
  return featureCheck(head, async (t) => {
    const pod = await probed(t, { purpose, kind, isGood: false });
    if (purpose !== "readiness") {
      await pod.ended();
      return;
    }
    await pod.running();
    await stays(t, pod, (container) => container.ready === false, "ready although its probe fails");
  });
}

function passes(purpose: Purpose, kind: Kind): Check {
  const effect = { liveness: "it runs on", readiness: "it becomes ready", startup: "it has started" }[purpose];
  const head = {
    feature: featureOfProbe(purpose, kind),
    name: "passes",
    title: `The probe passes: ${effect}`,
  } as const;
  return featureCheck(head, async (t) => {
    const pod = await probed(t, { purpose, kind, isGood: true });
    await pod.running();
    if (purpose === "readiness") await pod.until("ready", (seen) => main(t, seen).ready === true);
    if (purpose === "startup") await pod.until("started", (seen) => main(t, seen).started === true);
    await stays(t, pod, ({ state }) => state?.$case === "running", "no longer running although its probe passes");
  });
}

function main(t: Trial, seen: PodObservation): ContainerObservation {
  return t.containerOf(seen);
}

/** The container must be so for several probes. */
async function stays(
  t: Trial,
  pod: PodHandle,
  test: (container: ContainerObservation) => boolean,
  otherwise: string,
): Promise<void> {
  const until = performance.now() + SEVERAL_PROBES_MS;
  while (performance.now() < until) {
    const seen = await pod.get();
    t.verify(isAlive(seen) && test(main(t, seen)), "wrong-value", `the container is ${otherwise}`);
    await t.pause(100);
  }
}

interface Probed {
  readonly purpose: Purpose;
  readonly kind: Kind;
  readonly isGood: boolean;
}

/** A pod with the probe; pods may share the host's network, so each has its own ports. */
async function probed(t: Trial, { purpose, kind, isGood }: Probed): Promise<PodHandle> {
  const port = randomInt(20_000, 32_000);
  const failureThreshold = isGood ? 10 : 2;
  const handler = handlerOf(t, { kind, isGood, port });
  return await t.pod({
    containers: [
      {
        ...serverOf(kind, isGood, port),
        extra: { [`${purpose}Probe`]: { ...SETTINGS, failureThreshold, ...handler } },
      },
    ],
    features: [featureOfProbe(purpose, kind)],
    grace: 1,
  });
}

/** What is probed: a bad answer where the kind knows answers, nobody at all where it does not. */
function serverOf(kind: Kind, isGood: boolean, port: number): ContainerSketch {
  if (kind === "http") return { behaviour: "http", params: { port, status: isGood ? 200 : 500 } };
  if (kind === "grpc") return { behaviour: "grpc", params: { port, status: isGood ? 1 : 2 } };
  return kind === "tcp" && isGood ? { behaviour: "tcp-echo", params: { port } } : { behaviour: "pause" };
}

function handlerOf(
  t: Trial,
  { kind, isGood, port }: { readonly kind: Kind; readonly isGood: boolean; readonly port: number },
): Readonly<Record<string, unknown>> {
  switch (kind) {
    case "exec":
      return { exec: { command: [...t.world.kit.command("exit", { code: isGood ? 0 : 1 })] } };
    case "http":
      return { httpGet: { path: "/probe", port, scheme: "HTTP" } };
    case "tcp":
      return { tcpSocket: { port } };
    case "grpc":
      return { grpc: { port, service: "" } };
  }
}
