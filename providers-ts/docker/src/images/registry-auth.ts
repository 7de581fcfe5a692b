/** Credentials as the engine's header wants them. Never in messages. */
import type { RegistryCredential } from "@outboard/contract";

/** Value of X-Registry-Auth. */
export function registryAuth(credential: RegistryCredential): string {
  const { username, password, serverAddress, identityToken, registryToken } = credential;
  const entries = Object.entries({
    username,
    password,
    serveraddress: serverAddress,
    identitytoken: identityToken,
    registrytoken: registryToken,
  }).filter(([, value]) => value !== "");
  // As Docker's own client: URL alphabet, padded.
  const text = Buffer.from(JSON.stringify(Object.fromEntries(entries))).toString("base64");
  return text.replaceAll("+", "-").replaceAll("/", "_");
}
