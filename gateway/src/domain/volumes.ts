/** Contents of the volumes that the gateway fills, or why they cannot be filled yet. */
import type { InputObjects } from "./input-objects.js";
import { InputProblem } from "./input-problem.js";
import type { FileInput, VolumeInputs } from "./inputs.js";
import type { Pod, Volume } from "./kubernetes.js";
import { mountedVolumes } from "./mounted-volumes.js";
import { configMapFiles, downwardFiles, type FileScope, secretFiles, tokenFile, withGroup } from "./volume-files.js";

/** The outcome: with a problem, no volume of the pod is mounted. */
export interface PodVolumes {
  readonly volumes: readonly VolumeInputs[];
  /** Messages of the event FailedMount, one per volume. */
  readonly problems: readonly string[];
}

const DEFAULT_MODE = 0o644;
const API_ACCESS = /^kube-api-access-[a-z0-9]{5}$/;

/** All volumes of the pod that are mounted, but those left out by policy. */
export function podVolumes(pod: Pod, objects: InputObjects, omitted: ReadonlySet<string> = new Set()): PodVolumes {
  const volumes: VolumeInputs[] = [];
  const problems: string[] = [];
  const mounted = mountedVolumes(pod);
  for (const volume of pod.spec.volumes ?? []) {
    if (omitted.has(volume.name) || !mounted.has(volume.name)) continue;
    try {
      const files = filesOf(volume, pod, objects);
      if (files !== undefined) volumes.push({ name: volume.name, files: lastOfEachPath(files, pod) });
    } catch (error) {
      if (!(error instanceof InputProblem)) throw error;
      problems.push(`MountVolume.SetUp failed for volume "${volume.name}" : ${error.message}`);
    }
  }
  return { volumes, problems };
}

/** The volume that admission adds for access to the API; undefined: the pod has none. */
export function apiAccessVolume(pod: Pod): string | undefined {
  return (pod.spec.volumes ?? []).find(
    ({ name, projected }) =>
      API_ACCESS.test(name) && projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken !== undefined),
  )?.name;
}

/** undefined: not a kind that the gateway fills. */
function filesOf(volume: Volume, pod: Pod, objects: InputObjects): readonly FileInput[] | undefined {
  const { configMap, secret, downwardAPI, projected } = volume;
  const scope = (mode: number | undefined): FileScope => ({ pod, objects, defaultMode: mode ?? DEFAULT_MODE });
  if (configMap !== undefined) {
    return configMapFiles({ ...configMap, name: configMap.name ?? "" }, scope(configMap.defaultMode));
  }
  if (secret !== undefined) {
    return secretFiles({ ...secret, name: secret.secretName ?? "" }, scope(secret.defaultMode));
  }
  if (downwardAPI !== undefined) return downwardFiles(downwardAPI.items ?? [], scope(downwardAPI.defaultMode));
  return projected === undefined ? undefined : projectedFiles(projected, scope(projected.defaultMode));
}

/** All sources are tried; any problem blocks the volume. */
function projectedFiles(projected: NonNullable<Volume["projected"]>, scope: FileScope): readonly FileInput[] {
  const files: FileInput[] = [];
  const problems: string[] = [];
  for (const source of projected.sources ?? []) {
    try {
      files.push(...sourceFiles(source, scope));
    } catch (error) {
      if (!(error instanceof InputProblem)) throw error;
      problems.push(error.message);
    }
  }
  const [first] = problems;
  if (first !== undefined) throw new InputProblem(problems.length === 1 ? first : `[${problems.join(", ")}]`);
  return files;
}

type ProjectedSource = NonNullable<NonNullable<Volume["projected"]>["sources"]>[number];

function sourceFiles(source: ProjectedSource, scope: FileScope): readonly FileInput[] {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap !== undefined) return configMapFiles({ ...configMap, name: configMap.name ?? "" }, scope);
  if (secret !== undefined) return secretFiles({ ...secret, name: secret.name ?? "" }, scope);
  if (downwardAPI !== undefined) return downwardFiles(downwardAPI.items ?? [], scope);
  if (serviceAccountToken !== undefined) return [tokenFile(serviceAccountToken, scope)];
  const [kind = "source"] = Object.keys(source);
  throw new InputProblem(`projected source ${kind} is not supported by this node`);
}

function lastOfEachPath(files: readonly FileInput[], pod: Pod): readonly FileInput[] {
  const byPath = new Map(files.map((file) => [file.path, withGroup(file, pod)]));
  return [...byPath.values()];
}
