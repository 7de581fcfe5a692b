/** The little that the SDK itself reads of a Manifest: that it is a Pod, and its names. */
import type { Manifest } from "@outboard/contract";

interface ManifestNames {
  readonly namespace: string;
  readonly name: string;
  /** What is wrong with it; undefined: nothing. */
  readonly problem: string | undefined;
}

interface PodJson {
  readonly kind?: unknown;
  readonly metadata?: { readonly namespace?: unknown; readonly name?: unknown; readonly uid?: unknown };
  readonly spec?: unknown;
}

/** Reads the names; never throws. */
export function readManifest(request: {
  readonly uid: string;
  readonly manifest?: Manifest | undefined;
}): ManifestNames {
  const pod = parse(request.manifest?.json);
  if (pod === undefined) return { namespace: "", name: "", problem: "must be the JSON of a Pod" };
  const { namespace, name, uid } = pod.metadata ?? {};
  return { namespace: text(namespace), name: text(name), problem: problemOf(pod, uid, request.uid) };
}

function problemOf(pod: PodJson, found: unknown, wanted: string): string | undefined {
  if (pod.kind !== "Pod" || typeof pod.spec !== "object") return "must be the JSON of a Pod";
  return found === undefined || found === wanted ? undefined : "must have the metadata.uid of the request";
}

function parse(json: Uint8Array | undefined): PodJson | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(json ?? []).toString("utf8"));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
