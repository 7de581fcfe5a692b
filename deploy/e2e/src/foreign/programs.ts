// Test programs that others wrote, pinned by the Go modules under components/ and built into the cache when first needed.

import { join } from "node:path";
import { ensureGoProgram, type GoProgram, isMissingBinaries, type SkippableTest } from "@outboard/devcluster";

const COMPONENTS = join(import.meta.dirname, "..", "..", "components");
const BUILD_TIMEOUT_MS = 45 * 60_000;

const KUBERNETES_VERSION = "v1.37.2";
const VERSION = "k8s.io/component-base/version";
/** Without it tests that depend on the version see v0.0.0. */
const KUBERNETES_VARIABLES = {
  [`${VERSION}.gitVersion`]: KUBERNETES_VERSION,
  [`${VERSION}.gitMajor`]: "1",
  [`${VERSION}.gitMinor`]: "37",
};

/** Kubernetes' own end-to-end tests. */
export const KUBERNETES_E2E: GoProgram = {
  name: "e2e.test",
  version: KUBERNETES_VERSION,
  module: join(COMPONENTS, "kubernetes"),
  package: "k8s.io/kubernetes/test/e2e",
  isTest: true,
  variables: KUBERNETES_VARIABLES,
};

/** Runs them, several at once. */
export const GINKGO: GoProgram = {
  name: "ginkgo",
  version: "v2.32.0",
  module: join(COMPONENTS, "kubernetes"),
  package: "github.com/onsi/ginkgo/v2/ginkgo",
};

const CRI_TOOLS_VERSION = "v1.37.0";
const CRI_TOOLS_VARIABLES = { "sigs.k8s.io/cri-tools/pkg/version.Version": CRI_TOOLS_VERSION };

/** The tests that every runtime with a CRI endpoint is judged by. */
export const CRITEST: GoProgram = {
  name: "critest",
  version: CRI_TOOLS_VERSION,
  module: join(COMPONENTS, "critest"),
  package: "sigs.k8s.io/cri-tools/cmd/critest",
  isTest: true,
  variables: CRI_TOOLS_VARIABLES,
};

export const CRICTL: GoProgram = {
  name: "crictl",
  version: CRI_TOOLS_VERSION,
  module: join(COMPONENTS, "critest"),
  package: "sigs.k8s.io/cri-tools/cmd/crictl",
  variables: CRI_TOOLS_VARIABLES,
};

/** virtual-kubelet's nine end-to-end tests. */
export const VIRTUAL_KUBELET_E2E: GoProgram = {
  name: "virtual-kubelet-e2e",
  version: "v1.14.1",
  module: join(COMPONENTS, "virtual-kubelet"),
  package: ".",
  isTest: true,
};

/** For a mocha `before` hook: the paths, built if needed. Without Go the suite is skipped, or fails in CI. */
export async function requirePrograms<const Name extends string>(
  test: SkippableTest,
  programs: Readonly<Record<Name, GoProgram>>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Readonly<Record<Name, string>>> {
  test.timeout(BUILD_TIMEOUT_MS);
  const options = {
    env,
    report: (line: string) => console.error(`    ${line}`),
    signal: AbortSignal.timeout(BUILD_TIMEOUT_MS),
  };
  const paths: Record<string, string> = {};
  try {
    for (const [name, program] of Object.entries<GoProgram>(programs))
      paths[name] = await ensureGoProgram(program, options);
  } catch (error) {
    if (!isMissingBinaries(error) || env["CI"] === "true") throw error;
    console.error(`    skipped: ${error.message}`);
    return test.skip();
  }
  return paths as Record<Name, string>;
}
