/** Keys, requests and self-signed certificates for the kubelet server: ECDSA P-256, in memory only. */
// oxlint-disable-next-line import/no-unassigned-import -- a polyfill that x509 needs before it is loaded
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import {
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type { NodeAddress } from "./serving-certificate.js";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const YEAR_MS = 365 * 24 * 3_600_000;
const CLOCK_SKEW_MS = 3_600_000;

/** PEM texts. */
export interface PendingRequest {
  readonly request: string;
  readonly key: string;
}

/** A request as the signer kubernetes.io/kubelet-serving takes it. */
export async function createServingRequest(
  nodeName: string,
  addresses: readonly NodeAddress[],
): Promise<PendingRequest> {
  const keys = await createKeys();
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ O: ["system:nodes"] }, { CN: [`system:node:${nodeName}`] }],
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new SubjectAlternativeNameExtension(subjectNames(addresses))],
  });
  return { request: request.toString("pem"), key: await exportKey(keys.privateKey) };
}

/** DNS and IP names of node addresses, sorted, each once. */
export function subjectNames(addresses: readonly NodeAddress[]): JsonGeneralName[] {
  const values = [...new Set(addresses.map(({ address }) => address))].filter((value) => value !== "").toSorted();
  const names = values.map((value): JsonGeneralName => ({ type: isIP(value) === 0 ? "dns" : "ip", value }));
  return [...names.filter(({ type }) => type === "dns"), ...names.filter(({ type }) => type === "ip")];
}

/** A certificate that nobody vouches for, for when the cluster issues none. Valid for a year. */
export async function createSelfSigned(
  names: readonly string[],
  now: number,
): Promise<{ readonly cert: string; readonly key: string; readonly notAfter: Date }> {
  const keys = await createKeys();
  const notAfter = new Date(now + YEAR_MS);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [`${names[0] ?? "outboard"}@${Math.floor(now / 1000)}`] }],
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(now - CLOCK_SKEW_MS),
    notAfter,
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([SERVER_AUTH]),
      new SubjectAlternativeNameExtension(subjectNames(names.map((address) => ({ type: "Hostname", address })))),
    ],
  });
  return { cert: certificate.toString("pem"), key: await exportKey(keys.privateKey), notAfter };
}

function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}
