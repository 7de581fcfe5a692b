/** The memory provider, for programs that embed it. */
export { buildMemoryProvider, MEMORY_FLAGS } from "./program.js";
