// A memory provider that speaks only a revision of the far future.

import { join } from "node:path";
import { existsSync } from "node:fs";
import { eventually } from "@outboard/devcluster";
import { manageProcess, type ManagedProcess } from "./managed-process.js";
import { providerProgram } from "./programs.js";

export async function startRevisionProvider(folder: string): Promise<ManagedProcess & { readonly socket: string }> {
  const socket = join(folder, "future.sock");
  const program = providerProgram({
    provider: "memory",
    socket,
    stateFolder: join(folder, "state"),
    args: ["--revisions", "99"],
  });
  const managed = manageProcess(program, join(folder, "future.log"));
  managed.start();
  await eventually(() => existsSync(socket), { message: "the provider's socket" });
  return Object.assign(managed, { socket });
}
