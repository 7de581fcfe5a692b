/**
 * Certificates (RFC 5280) read into the few facts that verification and user names need. OpenSSL reads them first and does all that
 * is about keys; the rest it does not tell. A library for X.509 would be 230 modules and 5 MiB that stay resident.
 */
import { X509Certificate } from "node:crypto";
import type { UserInfo } from "../../ports/auth.js";
import {
  booleanOf,
  contentOf,
  type Element,
  objectIdOf,
  partsOf,
  readElement,
  smallNumberOf,
  TAG,
  textOf,
} from "./der.js";

/** One certificate. */
export interface Certificate {
  /** For names and signatures. */
  readonly native: X509Certificate;
  /** SHA-256, hexadecimal, lower case. */
  readonly fingerprint: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly isCa: boolean;
  readonly pathLength: number | undefined;
  /** Object ids; undefined: any use. */
  readonly extendedKeyUsages: readonly string[] | undefined;
  /** A critical extension that verification does not know, or name constraints; undefined: none. */
  readonly unsupported: string | undefined;
  readonly weakSignature: boolean;
  readonly commonNames: readonly string[];
  readonly organizations: readonly string[];
  readonly uids: readonly string[];
}

const COMMON_NAME = "2.5.4.3";
const ORGANIZATION = "2.5.4.10";
const USER_UID = "1.3.6.1.4.1.57683.2";
const BASIC_CONSTRAINTS = "2.5.29.19";
const NAME_CONSTRAINTS = "2.5.29.30";
const EXTENDED_KEY_USAGE = "2.5.29.37";
/** Extensions that are looked at, or that change nothing here: key ids, key usage, names, policies, constraints. */
const KNOWN_EXTENSIONS = new Set(["14", "15", "17", "19", "32", "35", "37"].map((last) => `2.5.29.${last}`));
/** SHA-1, MD2, MD4, MD5 under RSA (two of SHA-1), DSA and ECDSA. */
const WEAK_SIGNATURES = new Set([
  ...["2", "3", "4", "5"].map((last) => `1.2.840.113549.1.1.${last}`),
  "1.3.14.3.2.29",
  "1.2.840.10040.4.3",
  "1.2.840.10045.4.1",
]);
const RSA_PSS = "1.2.840.113549.1.1.10";
/** SHA-256, SHA-384, SHA-512. */
const STRONG_HASHES = new Set(["1", "2", "3"].map((last) => `2.16.840.1.101.3.4.2.${last}`));
/** Explicit tags of a certificate's optional parts. */
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;

/** Reads one certificate. @throws when it cannot be read */
export function parseCertificate(native: X509Certificate): Certificate {
  const [signed, signatureAlgorithm] = partsOf(readElement(native.raw), TAG.sequence);
  const parts = partsOf(signed, TAG.sequence).filter(({ tag }, index) => index > 0 || tag !== VERSION);
  // serial number, signature algorithm, issuer, validity, subject, key, and what is optional
  const [, , , , subject, , ...optional] = parts;
  const extensions = extensionsOf(optional.find(({ tag }) => tag === EXTENSIONS));
  const unsupported = [...extensions].find(
    ([type, { critical }]) => type === NAME_CONSTRAINTS || (critical && !KNOWN_EXTENSIONS.has(type)),
  );
  const names = namesOf(subject);
  const valuesOf = (type: string): readonly string[] => names.filter((name) => name.type === type).map(textOfName);
  return {
    native,
    fingerprint: native.fingerprint256.replaceAll(":", "").toLowerCase(),
    notBefore: native.validFromDate.getTime(),
    notAfter: native.validToDate.getTime(),
    ...authorityOf(extensions.get(BASIC_CONSTRAINTS)),
    extendedKeyUsages: usagesOf(extensions.get(EXTENDED_KEY_USAGE)),
    unsupported: unsupported?.[0],
    weakSignature: isWeak(partsOf(signatureAlgorithm, TAG.sequence)),
    commonNames: valuesOf(COMMON_NAME),
    organizations: valuesOf(ORGANIZATION),
    uids: valuesOf(USER_UID),
  };
}

/** All certificates of a PEM text. @throws when one cannot be read */
export function parseBundle(pem: string): readonly Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => parseCertificate(new X509Certificate(block)));
}

/** The user that a verified certificate stands for; undefined: it has no common name, or more than one UID. */
export function userOf(certificate: Certificate): UserInfo | undefined {
  const name = certificate.commonNames.at(-1);
  if (name === undefined || name === "" || certificate.uids.length > 1) return undefined;
  return {
    name,
    uid: certificate.uids[0] ?? "",
    groups: certificate.organizations,
    extra: { "authentication.kubernetes.io/credential-id": [`X509SHA256=${certificate.fingerprint}`] },
  };
}

interface Extension {
  readonly critical: boolean;
  /** What its OCTET STRING holds. */
  readonly value: Buffer;
}

function extensionsOf(tagged: Element | undefined): ReadonlyMap<string, Extension> {
  const found = new Map<string, Extension>();
  if (tagged === undefined) return found;
  for (const extension of partsOf(readElement(tagged.content), TAG.sequence)) {
    const [type, ...rest] = partsOf(extension, TAG.sequence);
    const id = objectIdOf(type);
    if (found.has(id)) throw new Error(`the extension ${id} is there twice`);
    const critical = rest.length > 1 && booleanOf(rest[0]);
    found.set(id, { critical, value: contentOf(rest.at(-1), TAG.octets) });
  }
  return found;
}

function authorityOf(extension: Extension | undefined): Pick<Certificate, "isCa" | "pathLength"> {
  if (extension === undefined) return { isCa: false, pathLength: undefined };
  const parts = partsOf(readElement(extension.value), TAG.sequence);
  const isCa = parts[0]?.tag === TAG.boolean && booleanOf(parts[0]);
  const pathLength = parts.find(({ tag }) => tag === TAG.integer);
  return { isCa, pathLength: pathLength === undefined ? undefined : smallNumberOf(pathLength) };
}

function usagesOf(extension: Extension | undefined): readonly string[] | undefined {
  if (extension === undefined) return undefined;
  return partsOf(readElement(extension.value), TAG.sequence).map(objectIdOf);
}

interface Name {
  readonly type: string;
  readonly value: Element | undefined;
}

function namesOf(subject: Element | undefined): readonly Name[] {
  const attributes = partsOf(subject, TAG.sequence).flatMap((set) => partsOf(set, TAG.set));
  return attributes.map((attribute) => {
    const [type, value] = partsOf(attribute, TAG.sequence);
    return { type: objectIdOf(type), value };
  });
}

function textOfName({ type, value }: Name): string {
  if (value === undefined) throw new Error(`the name ${type} has no value`);
  return textOf(value);
}

/** RSA-PSS names its hash as a parameter; without one it is SHA-1. */
function isWeak([algorithm, parameters]: readonly Element[]): boolean {
  const id = objectIdOf(algorithm);
  if (id !== RSA_PSS) return WEAK_SIGNATURES.has(id);
  const [hash] = partsOf(parameters, TAG.sequence);
  if (hash?.tag !== 0xa0) return true;
  return !STRONG_HASHES.has(objectIdOf(partsOf(readElement(hash.content), TAG.sequence)[0]));
}
