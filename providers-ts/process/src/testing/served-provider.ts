/** This provider's program, for tests that kill it and start it again. */
import { fileURLToPath } from "node:url";
import { ServedProvider } from "@outboard/provider-sdk/testing";

const BINARY = fileURLToPath(new URL("../../bin/outboard-provider-process.mjs", import.meta.url));

export async function startProvider(): Promise<ServedProvider> {
  return await ServedProvider.start({ binary: BINARY, flags: ["--network", "host"] });
}
