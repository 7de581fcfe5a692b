/** A serving certificate for development: made at start, in memory, signed by itself. */
import { isIP } from "node:net";
import { webcrypto } from "node:crypto";
import {
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "./x509.js";
import type { Clock } from "../../ports/clock.js";
import { type CertificateSource, createSettable } from "./source.js";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const YEAR_MS = 365 * 24 * 3_600_000;

/** For whom the certificate is made. */
export interface SelfSignedOptions {
  /** Names and addresses that clients use, the first is the common name. */
  readonly hosts: readonly [string, ...string[]];
  readonly clock: Clock;
  readonly logger: { warn(fields: object, text: string): void };
}

/** Makes the certificate, valid for one year, and says in the log that clients cannot verify it. */
export async function createSelfSignedSource(options: SelfSignedOptions): Promise<CertificateSource> {
  const { hosts, clock, logger } = options;
  const now = clock.now();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [`${hosts[0]}@${Math.floor(now / 1000)}`] }],
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(now - 60_000),
    notAfter: new Date(now + YEAR_MS),
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([SERVER_AUTH]),
      new SubjectAlternativeNameExtension(hosts.map(alternativeName)),
    ],
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  logger.warn({ hosts }, "The kubelet API serves with a self-signed certificate: clients cannot verify this node.");
  return createSettable({ cert: certificate.toString("pem"), key });
}

function alternativeName(value: string): JsonGeneralName {
  return { type: isIP(value) === 0 ? "dns" : "ip", value };
}
