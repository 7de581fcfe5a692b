// The command line of critest.

import { parseArgs } from "node:util";
import { type CommandLine, regularExpression } from "../support/command-line.js";

export interface CritestOptions {
  readonly version: "v2" | "debian";
  /** Regular expression over names; absent: all. */
  readonly focus?: string;
  readonly isGrowing: boolean;
}

const USAGE = `Usage: npm run e2e -- critest [flags]

The tests that every CRI runtime is judged by, on a containerd of ours. They judge the ground that the cri provider stands on: what
fails here is no fault of the provider.

  --runtime NAME  v2 (default) or debian: which containerd
  --focus RE      only tests whose names match
  --grow          add to the list of what must pass what passed
`;

export const CRITEST_LINE: CommandLine = { usage: USAGE, read: readCritestOptions };

/** @throws with a sentence about what is wrong */
export function readCritestOptions(argv: readonly string[]): CritestOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      runtime: { type: "string", default: "v2" },
      focus: { type: "string" },
      grow: { type: "boolean", default: false },
    },
  });
  const { runtime: version, focus, grow: isGrowing } = values;
  if (version !== "v2" && version !== "debian") throw new Error(`--runtime must be v2 or debian, not ${version}`);
  return { version, isGrowing, ...(focus === undefined ? {} : { focus: regularExpression("--focus", focus).source }) };
}
