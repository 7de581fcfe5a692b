/** Certificates read into the few facts that verification and user names need. */
import { X509Certificate } from "node:crypto";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type HashedAlgorithm,
  ParsedCertificate,
} from "../certificates/x509.js";
import type { UserInfo } from "../../ports/auth.js";

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

/** Extensions that are looked at, or that change nothing here: key ids, key usage, names, policies, constraints. */
const KNOWN_EXTENSIONS = new Set(["14", "15", "17", "19", "32", "35", "37"].map((last) => `2.5.29.${last}`));
const NAME_CONSTRAINTS = "2.5.29.30";
const USER_UID = "1.3.6.1.4.1.57683.2";

/** Reads one certificate. @throws when it cannot be read */
export function parseCertificate(native: X509Certificate): Certificate {
  const parsed = new ParsedCertificate(native.raw);
  const basic = parsed.getExtension(BasicConstraintsExtension);
  const usages = parsed.getExtension(ExtendedKeyUsageExtension)?.usages;
  const unsupported = parsed.extensions.find(
    ({ type, critical }) => type === NAME_CONSTRAINTS || (critical && !KNOWN_EXTENSIONS.has(type)),
  );
  return {
    native,
    fingerprint: native.fingerprint256.replaceAll(":", "").toLowerCase(),
    notBefore: parsed.notBefore.getTime(),
    notAfter: parsed.notAfter.getTime(),
    isCa: basic?.ca ?? false,
    pathLength: basic?.pathLength,
    extendedKeyUsages: usages?.map(String),
    unsupported: unsupported?.type,
    weakSignature: isWeak(parsed.signatureAlgorithm),
    commonNames: parsed.subjectName.getField("CN"),
    organizations: parsed.subjectName.getField("O"),
    uids: parsed.subjectName.getField(USER_UID),
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

function isWeak(algorithm: HashedAlgorithm): boolean {
  return /^(SHA-?1|MD[25])$/i.test(algorithm.hash?.name ?? "");
}
