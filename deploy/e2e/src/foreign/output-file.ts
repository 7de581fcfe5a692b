// Where a suite leaves its tables and logs: OUTBOARD_E2E_OUT, or a folder that outlives the enclosure and the run.

import { mkdirSync } from "node:fs";
import { join } from "node:path";

/** Inside an enclosure the temporary folder goes with it; main sets the variable before. */
export function outputFile(name: string): string {
  const folder = process.env["OUTBOARD_E2E_OUT"] ?? ".";
  mkdirSync(folder, { recursive: true });
  return join(folder, name);
}
