// Where a CPU profile of V8 says that the time went: functions by self time.

export interface SelfTime {
  /** "name file:line". */
  readonly where: string;
  readonly ms: number;
  /** Of all sampled time that was not idle. */
  readonly share: number;
}

export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

const IDLE = "(idle)";

/** The functions with the most self time; idle time is left out. */
export function topFunctions(profile: CpuProfile, most: number): SelfTime[] {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const spent = new Map<string, number>();
  for (const [index, sample] of profile.samples.entries()) {
    const where = names.get(sample) ?? "?";
    spent.set(where, (spent.get(where) ?? 0) + (profile.timeDeltas[index] ?? 0));
  }
  spent.delete(IDLE);
  const total = [...spent.values()].reduce((sum, value) => sum + value, 0);
  return [...spent]
    .toSorted(([, left], [, right]) => right - left)
    .slice(0, most)
    .map(([where, micros]) => ({ where, ms: micros / 1000, share: micros / total }));
}

function nameOf({ functionName, url, lineNumber }: CpuProfile["nodes"][number]["callFrame"]): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  return url === "" ? name : `${name} ${shortened(url)}:${lineNumber + 1}`;
}

/** From the package or workspace on: enough to find the file. */
function shortened(url: string): string {
  const [, inPackage] = /.*\/node_modules\/(.+)$/.exec(url) ?? [];
  if (inPackage !== undefined) return inPackage;
  const [, inWorkspace] = /([^/]+\/dist\/.+)$/.exec(url) ?? [];
  return inWorkspace ?? url;
}
