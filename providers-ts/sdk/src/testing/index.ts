/**
 * For tests of providers: the provider's program as a process, a gateway's calls to it, specs that a test changes where it
 * cares, and waiting.
 */
export { eventually } from "./eventually.js";
export { type Given, type PodText, TestGateway, containerOf, fileOf } from "./test-gateway.js";
export { type ServedOptions, ServedProvider } from "./served-provider.js";
export { collectIO, type CollectedIO } from "./collect-io.js";
export { containerSpec, type Ended, sandboxSpec, TEST_OWNER } from "./specs.js";
