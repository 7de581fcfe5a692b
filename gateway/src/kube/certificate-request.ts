/** Keys and requests for the kubelet server's certificate: ECDSA P-256, in memory only. */
// oxlint-disable-next-line import/no-unassigned-import -- a polyfill that x509 needs before it is loaded
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import {
  type JsonGeneralName,
  PemConverter,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from "@peculiar/x509";
import type { NodeAddress } from "./serving-certificate.js";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

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

function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}
