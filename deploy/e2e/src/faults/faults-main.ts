// `npm run e2e -- faults`: the matrix of faults and phases, or a soak, against one real control plane.

import { startCluster } from "@outboard/devcluster";
import { matrixText, playMatrix, redText } from "./matrix.js";
import { type FaultsOptions, readFaultsOptions } from "./options.js";
import { playSoak } from "./soak.js";

const say = (line: string): void => console.log(line);
process.exitCode = await main(readFaultsOptions(process.argv.slice(2)));

async function main(options: FaultsOptions): Promise<number> {
  say(`seed ${options.seed}`);
  await using cluster = await startCluster();
  const { soakMs, seed } = options;
  if (soakMs === undefined) {
    const played = await playMatrix(cluster, options, say);
    say(`\n${matrixText(played)}\n`);
    const red = redText(played);
    if (red === "") return 0;
    cluster.keepLogs();
    console.error(red);
    return 1;
  }
  const violations = await playSoak(cluster, { soakMs, seed }, say);
  if (violations.length === 0) return 0;
  cluster.keepLogs();
  return 1;
}
