/** The kubelet API and the management port, for the composition in gateway.ts. */
export { createStaticTokenReviewer } from "./auth/static-token.js";
export { type FileSourceOptions, readCaFiles, readCertificateFiles } from "./certificates/files.js";
export { createSelfSignedSource, type SelfSignedOptions } from "./certificates/self-signed.js";
export {
  type CaSource,
  type CertificateSource,
  createSettable,
  type ServingCertificate,
  type Settable,
  type Watched,
} from "./certificates/source.js";
export { createManagementServer, type ManagementOptions, type ManagementServer } from "./management.js";
export { createKubeletMetrics, type KubeletMetrics } from "./metrics.js";
export { type Authorization, createKubeletServer, type KubeletServer, type KubeletServerOptions } from "./server.js";
