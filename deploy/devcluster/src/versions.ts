// The one place that names the versions devcluster runs. KUBE_VERSION selects another Kubernetes.

import { DevclusterError } from "./errors.js";

export interface Versions {
  readonly kubernetes: string;
  readonly etcd: string;
}

/** What deploy/devcluster/components pins in its go.mod files. */
export const PINNED_VERSIONS: Versions = { kubernetes: "v1.37.2", etcd: "v3.6.16" };

const SEMVER = /^v1\.\d+\.\d+$/;

export function readVersions(env: NodeJS.ProcessEnv): Versions {
  const wanted = env["KUBE_VERSION"];
  if (wanted === undefined || wanted === "") return PINNED_VERSIONS;
  if (!SEMVER.test(wanted)) {
    throw new DevclusterError(
      "bad-version",
      `KUBE_VERSION is ${JSON.stringify(wanted)}; write a released version like ${PINNED_VERSIONS.kubernetes}`,
    );
  }
  return { ...PINNED_VERSIONS, kubernetes: wanted };
}

/** The staging modules of Kubernetes v1.X.Y are published as v0.X.Y. */
export function stagingVersion(kubernetes: string): string {
  return kubernetes.replace(/^v1\./, "v0.");
}
