/**
 * Which cluster this is. The id is the hash of the CA as first seen; the Node keeps it in an annotation, so that it survives a
 * new CA.
 */
import { createHash } from "node:crypto";
import type { Node } from "../domain/kubernetes.js";
import { CLUSTER_ID_ANNOTATION } from "../domain/node-object.js";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g;

/** Hexadecimal SHA-256 over the certificates of a bundle, whatever stands between them; over `otherwise` when there are none. */
export function clusterIdOf(caBundle: string | undefined, otherwise: string): string {
  const hash = createHash("sha256");
  const certificates = [...(caBundle ?? "").matchAll(CERTIFICATE)].map(([, base64]) => base64 ?? "");
  for (const base64 of certificates) {
    hash.update(Buffer.from(base64, "base64"));
  }
  return certificates.length === 0 ? hash.update(otherwise).digest("hex") : hash.digest("hex");
}

/** What the Node remembers; undefined: nothing. */
export function rememberedClusterId(node: Node | undefined): string | undefined {
  const value = node?.metadata?.annotations?.[CLUSTER_ID_ANNOTATION];
  return value === undefined || value === "" ? undefined : value;
}

/** The remembered id wins over the one computed now. */
export function chooseClusterId(node: Node | undefined, computed: string): string {
  return rememberedClusterId(node) ?? computed;
}
