/** This provider's program, for tests that kill it and start it again. */
import { fileURLToPath } from "node:url";
import { ServedProvider } from "@outboard/provider-sdk/testing";
import { CGROUP_ROOT } from "./world.js";

const BINARY = fileURLToPath(new URL("../../bin/outboard-provider-cri.mjs", import.meta.url));

export async function startProvider(endpoint: string): Promise<ServedProvider> {
  return await ServedProvider.start({
    binary: BINARY,
    flags: ["--cri-socket", endpoint, "--cgroup-root", CGROUP_ROOT],
  });
}
