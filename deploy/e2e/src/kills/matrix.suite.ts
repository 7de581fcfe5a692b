// `npm run e2e -- kills`: kill -9 of provider, gateway and runtime in every phase of a pod's life, for real runtimes.

import { PHASES } from "./phases.js";
import { describeProvider } from "./matrix.js";
import { PROVIDERS } from "./stage.js";

describe("kill -9 in every phase", () => {
  for (const provider of PROVIDERS) describeProvider(provider, PHASES, () => true);
});
