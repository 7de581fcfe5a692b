/** The binary of the memory provider. */
import { runProvider } from "@outboard/provider-sdk";
import { buildMemoryProvider, MEMORY_FLAGS } from "./program.js";

await runProvider("memory", buildMemoryProvider, process.argv.slice(2), MEMORY_FLAGS);
