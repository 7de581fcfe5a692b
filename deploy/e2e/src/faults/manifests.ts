// Pods that meet their fates: by annotations that script the memory provider, and by shell scripts that the process
// provider runs, which write into a file what they do. Pure.

import type { Container, Pod } from "../support/objects.js";
import { type Fate, INIT, MAIN } from "./fates.js";

export interface PodPlace {
  readonly namespace: string;
  readonly nodeName: string;
  /** The folder into which shell scripts write; absent: nothing real runs. */
  readonly tracks?: string;
}

export const FIRST_IMAGE = "outboard.test/shell:1";
export const SECOND_IMAGE = "outboard.test/shell:2";
const SCRIPT = "memory.outboard.dev/";

export function manifestOf(place: PodPlace, name: string, fate: Fate): Pod {
  const { namespace, nodeName } = place;
  const isInitialised = fate.hasInit === true;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { round: "first" }, annotations: annotationsOf(fate) },
    spec: {
      nodeName,
      ...(fate.tolerates === undefined ? {} : { tolerations: tolerationsOf(fate.tolerates) }),
      restartPolicy: fate.restartPolicy,
      terminationGracePeriodSeconds: fate.graceSeconds,
      automountServiceAccountToken: false,
      ...(isInitialised ? { initContainers: [container(place, INIT, "exit 0", name)] } : {}),
      containers: [
        {
          ...container(place, MAIN, scriptOf(fate), name),
          ...(fate.hasConfig === true
            ? { volumeMounts: [...mounts(place), { name: "config", mountPath: "/config" }] }
            : {}),
        },
      ],
      volumes: [
        ...(place.tracks === undefined ? [] : [{ name: "tracks", hostPath: { path: place.tracks } }]),
        ...(fate.hasConfig === true ? [{ name: "config", configMap: { name } }] : []),
      ],
    },
  };
}

function tolerationsOf(limit: number | "forever"): readonly object[] {
  return ["not-ready", "unreachable"].map((trouble) => ({
    key: `node.kubernetes.io/${trouble}`,
    operator: "Exists",
    effect: "NoExecute",
    ...(limit === "forever" ? {} : { tolerationSeconds: limit }),
  }));
}

function annotationsOf(fate: Fate): Record<string, string> {
  const { codes, runMs, termCode, termMs, startMs } = fate;
  const script: Record<string, string> = { "term-ms": String(termMs), "term-exit-code": String(termCode) };
  if (codes !== undefined) {
    script["exit-code"] = codes.join(",");
    script["run-ms"] = String(runMs ?? 0);
  }
  if (startMs !== undefined) script["start-ms"] = String(startMs);
  return Object.fromEntries(Object.entries(script).map(([key, value]) => [`${SCRIPT}${key}`, value]));
}

function container(place: PodPlace, name: string, script: string, pod: string): Container {
  const image = FIRST_IMAGE;
  if (place.tracks === undefined) return { name, image };
  const head = `f=/tracks/${pod}.${name}; n=$(grep -c ^s $f 2>/dev/null); echo s >>$f; end() { echo "e $1" >>$f; exit $1; }`;
  return { name, image, command: ["sh", "-c", `${head}; ${script}`], volumeMounts: mounts(place) };
}

function mounts({ tracks }: PodPlace): readonly object[] {
  return tracks === undefined ? [] : [{ name: "tracks", mountPath: "/tracks" }];
}

function scriptOf({ codes, runMs = 0, termCode, termMs, graceSeconds }: Fate): string {
  if (codes !== undefined) {
    return `sleep ${runMs / 1000}; set -- ${codes.join(" ")}; shift \${n:-0}; end $1`;
  }
  const isDeaf = termMs > graceSeconds * 1000;
  const trap = isDeaf ? "trap '' TERM" : `trap 'sleep ${termMs / 1000}; end ${termCode}' TERM`;
  return `${trap}; while :; do sleep 0.2; done`;
}
