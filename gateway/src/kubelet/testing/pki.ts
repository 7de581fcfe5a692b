/** Real certificates for tests: authorities, servers and clients of any kind. */
import { webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralName,
  type ParsedCertificate,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "../certificates/x509.js";

/** A certificate with its key. */
export interface Identity {
  readonly certificate: ParsedCertificate;
  readonly keys: webcrypto.CryptoKeyPair;
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

/** What to make. */
export interface IdentityOptions {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  /** Default: itself. */
  readonly issuer?: Identity;
  readonly extensions?: readonly Extension[];
  /** Default: an hour ago and an hour ahead. */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const HOUR_MS = 3_600_000;

/** Object ids of extended key usages. */
export const USAGE = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" } as const;

/** Makes one certificate. */
export async function createIdentity(options: IdentityOptions): Promise<Identity> {
  const { commonName, organizations = [], issuer, extensions = [] } = options;
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const subject = [{ CN: [commonName] }, ...organizations.map((name) => ({ O: [name] }))];
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: issuer?.certificate.subjectName ?? subject,
    publicKey: keys.publicKey,
    signingKey: issuer?.keys.privateKey ?? keys.privateKey,
    signingAlgorithm: ALGORITHM,
    notBefore: options.notBefore ?? new Date(Date.now() - HOUR_MS),
    notAfter: options.notAfter ?? new Date(Date.now() + HOUR_MS),
    extensions: [...extensions],
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  return { certificate, keys, cert: certificate.toString("pem"), key };
}

/** An authority; `pathLength`: authorities allowed below it. */
export function createAuthority(
  commonName: string,
  options: Omit<IdentityOptions, "commonName"> & { readonly pathLength?: number } = {},
): Promise<Identity> {
  const extensions = [new BasicConstraintsExtension(true, options.pathLength, true), ...(options.extensions ?? [])];
  return createIdentity({ ...options, commonName, extensions });
}

/** A client certificate. */
export function createClient(
  issuer: Identity,
  commonName: string,
  options: Omit<IdentityOptions, "commonName" | "issuer"> & { readonly usages?: readonly string[] } = {},
): Promise<Identity> {
  const usages = options.usages ?? [USAGE.client];
  const extensions = [
    ...(usages.length === 0 ? [] : [new ExtendedKeyUsageExtension([...usages])]),
    ...(options.extensions ?? []),
  ];
  return createIdentity({ ...options, commonName, issuer, extensions });
}

/** A serving certificate for loopback. */
export function createServing(issuer: Identity, commonName = "node"): Promise<Identity> {
  const names: JsonGeneralName[] = [
    { type: "ip", value: "127.0.0.1" },
    { type: "dns", value: "localhost" },
  ];
  const extensions = [new ExtendedKeyUsageExtension([USAGE.server]), new SubjectAlternativeNameExtension(names)];
  return createIdentity({ commonName, issuer, extensions });
}
