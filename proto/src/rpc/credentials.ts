/**
 * Who may talk over TCP: mutual TLS, or nobody in particular behind an explicit flag. UNIX sockets need neither: their
 * folder is private.
 */
import { ChannelCredentials, experimental, ServerCredentials } from "@grpc/grpc-js";
import { type Address, formatAddress } from "./address.js";
import { CertificateFiles, type TlsFiles } from "./certificate-files.js";

/** How a listener is secured. `insecure` means plain text to and from anybody: for tests and trusted networks only. */
export type ServerSecurity = { readonly kind: "mtls"; readonly files: TlsFiles } | { readonly kind: "insecure" };

/** How a channel is secured. `serverName`: the name in the server's certificate, where it is not the address' host. */
export type ClientSecurity =
  | { readonly kind: "mtls"; readonly files: TlsFiles; readonly serverName?: string }
  | { readonly kind: "insecure" };

/** Credentials, and the end of what stands behind them. */
export interface Held<Credentials> extends Disposable {
  readonly credentials: Credentials;
}

/** Credentials of a listener. @throws Error when TCP has no security, a file is missing, or the files do not fit. */
export async function serverCredentials(
  address: Address,
  security: ServerSecurity | undefined,
): Promise<Held<ServerCredentials>> {
  if (plain(address, security)) return hold(ServerCredentials.createInsecure());
  const files = new CertificateFiles(security.files);
  try {
    await files.reload();
    return hold(experimental.createCertificateProviderServerCredentials(files, files, true), files);
  } catch (error) {
    files[Symbol.dispose]();
    throw error;
  }
}

/** Credentials of a channel; missing files show when it connects. @throws Error when TCP has no security. */
export function clientCredentials(address: Address, security: ClientSecurity | undefined): Held<ChannelCredentials> {
  if (plain(address, security)) return hold(ChannelCredentials.createInsecure());
  const files = new CertificateFiles(security.files);
  return hold(experimental.createCertificateProviderChannelCredentials(files, files), files);
}

type Mtls = { readonly kind: "mtls" };

function plain<T extends Mtls | { readonly kind: "insecure" }>(
  address: Address,
  security: T | undefined,
): security is Exclude<T, Mtls> | undefined {
  if (security !== undefined) return security.kind === "insecure";
  if (address.kind === "unix") return true;
  throw new Error(`${formatAddress(address)}: TCP needs mutual TLS (cert, key, ca) or the explicit insecure flag`);
}

function hold<Credentials>(credentials: Credentials, files?: Disposable): Held<Credentials> {
  return { credentials, [Symbol.dispose]: () => files?.[Symbol.dispose]() };
}
