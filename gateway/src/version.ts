/** Versions: of this program, and of the Kubernetes whose kubelet it stands in for. */
import { readFileSync } from "node:fs";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};

/** For example "0.1.0". */
export const VERSION: string = manifest.version;
/** The kubelet that our behaviour is compared with. */
export const KUBERNETES_VERSION = "v1.37.2";
