// Certificates for a cluster that lives minutes: an own CA and leaves signed by it, ECDSA P-256.

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";
import * as der from "./der.js";

export interface Identity {
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface Authority extends Identity {
  readonly commonName: string;
  readonly key: KeyObject;
  readonly keyId: Buffer;
}

export interface LeafRequest {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  readonly usage: "server" | "client";
  readonly ipAddresses?: readonly string[];
  readonly dnsNames?: readonly string[];
}

const DAY_MS = 86_400_000;
const LIFETIME_DAYS = 365;
const ECDSA_SHA256 = der.sequence(der.objectId("1.2.840.10045.4.3.2"));
const USAGE = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" } as const;

export function createAuthority(commonName: string, now: Date): Authority {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const keyId = createHash("sha1").update(spki).digest();
  const extensions = [
    extension("2.5.29.19", der.sequence(der.boolean(true)), true),
    extension("2.5.29.15", der.bitString(Buffer.of(0b1000_0110), 1), true),
    extension("2.5.29.14", der.octetString(keyId)),
  ];
  const subject = distinguishedName(commonName, []);
  const certificatePem = certificate({ subject, issuer: subject, spki, extensions, signer: privateKey, now });
  return { commonName, key: privateKey, keyId, certificatePem, keyPem: toPem(privateKey) };
}

export function issue(authority: Authority, request: LeafRequest, now: Date): Identity {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const certificatePem = certificate({
    subject: distinguishedName(request.commonName, request.organizations ?? []),
    issuer: distinguishedName(authority.commonName, []),
    spki: publicKey.export({ type: "spki", format: "der" }),
    extensions: leafExtensions(authority, request),
    signer: authority.key,
    now,
  });
  return { certificatePem, keyPem: toPem(privateKey) };
}

export function createSigningKey(): { readonly publicPem: string; readonly keyPem: string } {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { publicPem: publicKey.export({ type: "spki", format: "pem" }).toString(), keyPem: toPem(privateKey) };
}

function leafExtensions(authority: Authority, request: LeafRequest): Buffer[] {
  const names = [
    ...(request.dnsNames ?? []).map((name) => der.tagged(2, Buffer.from(name, "ascii"))),
    ...(request.ipAddresses ?? []).map((address) => der.tagged(7, ipBytes(address))),
  ];
  return [
    extension("2.5.29.19", der.sequence(), true),
    extension("2.5.29.15", der.bitString(Buffer.of(0b1010_0000), 5), true),
    extension("2.5.29.37", der.sequence(der.objectId(USAGE[request.usage]))),
    extension("2.5.29.35", der.sequence(der.tagged(0, authority.keyId))),
    ...(names.length > 0 ? [extension("2.5.29.17", der.sequence(...names))] : []),
  ];
}

interface CertificateParts {
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly spki: Buffer;
  readonly extensions: readonly Buffer[];
  readonly signer: KeyObject;
  readonly now: Date;
}

function certificate(parts: CertificateParts): string {
  const notBefore = der.utcTime(new Date(parts.now.getTime() - 3_600_000));
  const notAfter = der.utcTime(new Date(parts.now.getTime() + LIFETIME_DAYS * DAY_MS));
  const body = der.sequence(
    der.wrapped(0, der.integer(Buffer.of(2))),
    der.integer(serialNumber()),
    ECDSA_SHA256,
    parts.issuer,
    der.sequence(notBefore, notAfter),
    parts.subject,
    parts.spki,
    der.wrapped(3, der.sequence(...parts.extensions)),
  );
  const signature = der.bitString(sign("sha256", body, parts.signer), 0);
  return pem("CERTIFICATE", der.sequence(body, ECDSA_SHA256, signature));
}

/** Positive, never with a leading zero byte. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function distinguishedName(commonName: string, organizations: readonly string[]): Buffer {
  const attribute = (oid: string, text: string): Buffer =>
    der.set(der.sequence(der.objectId(oid), der.utf8String(text)));
  return der.sequence(...organizations.map((name) => attribute("2.5.4.10", name)), attribute("2.5.4.3", commonName));
}

function extension(oid: string, value: Buffer, critical?: true): Buffer {
  const flag = critical === true ? [der.boolean(true)] : [];
  return der.sequence(der.objectId(oid), ...flag, der.octetString(value));
}

function ipBytes(address: string): Buffer {
  if (!isIPv4(address)) throw new Error(`certificates here take IPv4 addresses only, not ${address}`);
  return Buffer.from(address.split(".").map(Number));
}

function toPem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString("base64").replace(/(.{64})/g, "$1\n");
  return `-----BEGIN ${label}-----\n${lines.trimEnd()}\n-----END ${label}-----\n`;
}
