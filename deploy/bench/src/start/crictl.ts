// crictl, as the end-to-end tests pin and build it.

import { join } from "node:path";
import type { GoProgram } from "@outboard/devcluster";

const VERSION = "v1.37.0";

export const CRICTL: GoProgram = {
  name: "crictl",
  version: VERSION,
  module: join(import.meta.dirname, "..", "..", "..", "e2e", "components", "critest"),
  package: "sigs.k8s.io/cri-tools/cmd/crictl",
  variables: { "sigs.k8s.io/cri-tools/pkg/version.Version": VERSION },
};
