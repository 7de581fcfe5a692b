/** What /configz shows: the fields of a KubeletConfiguration that are true of this gateway. Pure; paths, no contents of files. */
import { defined } from "../domain/defined.js";
import { ALLOW_TTL_MS, DENY_TTL_MS } from "./auth/authorizer.js";
import { TOKEN_TTL_MS } from "./auth/token.js";

/** The settings that such fields exist for. */
export interface ShownSettings {
  readonly kubeletAddress: string;
  readonly kubeletPort: number;
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly clientCA: string | undefined;
  readonly clusterDNS: readonly string[];
  readonly clusterDomain: string;
}

/** How callers are recognised and allowed. */
export interface ShownSecurity {
  readonly hasTokens: boolean;
  readonly authorization: "webhook" | "always-allow";
}

/** The fields, without kind and apiVersion. */
export function toKubeletConfiguration(settings: ShownSettings, { hasTokens, authorization }: ShownSecurity): object {
  const { kubeletAddress, kubeletPort, tlsCert, tlsKey, clientCA, clusterDNS, clusterDomain } = settings;
  return {
    enableServer: true,
    address: kubeletAddress,
    port: kubeletPort,
    ...defined({ tlsCertFile: tlsCert, tlsPrivateKeyFile: tlsKey }),
    authentication: {
      x509: defined({ clientCAFile: clientCA }),
      webhook: { enabled: hasTokens, cacheTTL: goDuration(TOKEN_TTL_MS) },
      anonymous: { enabled: false },
    },
    authorization: authorization === "webhook" ? WEBHOOK : { mode: "AlwaysAllow" },
    enableDebuggingHandlers: true,
    clusterDomain,
    clusterDNS,
    enableSystemLogHandler: false,
    enableSystemLogQuery: false,
    enableProfilingHandler: false,
    enableDebugFlagsHandler: false,
  };
}

/** A duration of whole seconds as Go writes it: "2m0s", "30s". */
function goDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.trunc(seconds / 60)}m${seconds % 60}s`;
}

const WEBHOOK = {
  mode: "Webhook",
  webhook: { cacheAuthorizedTTL: goDuration(ALLOW_TTL_MS), cacheUnauthorizedTTL: goDuration(DENY_TTL_MS) },
};
