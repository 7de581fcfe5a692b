/** Security of the connection to the provider, from the configuration. */
import type { ClientSecurity } from "@outboard/contract";
import type { ProviderConfig } from "../config/config.js";

/** Security for openConnection, which refuses TCP without one; undefined: none is configured. */
export function providerCredentials({
  providerCA,
  providerCert,
  providerKey,
  providerInsecure,
}: ProviderConfig): ClientSecurity | undefined {
  if (providerInsecure) return { kind: "insecure" };
  if (providerCA === undefined || providerCert === undefined || providerKey === undefined) return undefined;
  return { kind: "mtls", files: { ca: providerCA, cert: providerCert, key: providerKey } };
}
