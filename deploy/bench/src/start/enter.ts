// Makes all that is needed, then runs the bench in namespaces of its own: runtimes never touch the machine's.

import { join } from "node:path";
import { ensureComponents, ensureGoProgram } from "@outboard/devcluster";
import { ensureRuntimes, type RuntimeNeed, runEnclosed } from "@outboard/runtimes";
import type { RunContext } from "../create-bench.js";
import { CRICTL } from "./crictl.js";
import { readStartOptions, type RuntimeName } from "./options.js";

const NEEDS: Readonly<Record<RuntimeName, RuntimeNeed>> = { cri: "containerd-v2", docker: "dockerd" };

/** Answers the exit code. @throws UsageError, or what could not be made */
export async function enterStartBench(words: readonly string[], context: RunContext): Promise<number> {
  const { runtimes } = readStartOptions(words);
  await ensureComponents(context);
  await ensureRuntimes([...runtimes.map((name) => NEEDS[name]), "images"], context);
  if (runtimes.includes("cri")) await ensureGoProgram(CRICTL, context);
  const main = join(import.meta.dirname, "start-main.js");
  const { code } = await runEnclosed(process.execPath, [main, ...words]);
  return code;
}
