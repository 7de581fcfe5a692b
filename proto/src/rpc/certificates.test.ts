/** Certificates for the tests of TLS, made on the spot: a small DER writer and node:crypto. */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { TlsFiles } from "./certificate-files.js";

export interface Authority {
  readonly name: string;
  readonly key: KeyObject;
  readonly pem: string;
}

/** A certificate authority of its own key. */
export function makeAuthority(name: string): Authority {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const extensions = [extension([2, 5, 29, 19], sequence(Buffer.from([0x01, 0x01, 0xff])), true)];
  const pem = certificate({ issuer: name, subject: name, publicKey, extensions }, privateKey);
  return { name, key: privateKey, pem };
}

/** Writes cert, key and CA for 127.0.0.1 and localhost into a folder; over what is there. */
export async function writeFiles(folder: string, issuer: Authority, trusted: Authority = issuer): Promise<TlsFiles> {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const names = sequence(tag(0x87, Buffer.from([127, 0, 0, 1])), tag(0x82, Buffer.from("localhost")));
  const extensions = [extension([2, 5, 29, 17], names, false)];
  const pem = certificate({ issuer: issuer.name, subject: "peer", publicKey, extensions }, issuer.key);
  const files = {
    cert: path.join(folder, "tls.crt"),
    key: path.join(folder, "tls.key"),
    ca: path.join(folder, "ca.crt"),
  };
  await writeFile(files.key, privateKey.export({ type: "pkcs8", format: "pem" }));
  await writeFile(files.cert, pem);
  await writeFile(files.ca, trusted.pem);
  return { ...files, refreshMs: 20 };
}

interface Content {
  readonly issuer: string;
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

const DAY_MS = 86_400_000;
const ECDSA_SHA256 = sequence(oid([1, 2, 840, 10045, 4, 3, 2]));
let serial = 1;

function certificate({ issuer, subject, publicKey, extensions }: Content, signer: KeyObject): string {
  serial += 1;
  const now = Date.now();
  const body = sequence(
    tag(0xa0, integer(2)),
    integer(serial),
    ECDSA_SHA256,
    distinguishedName(issuer),
    sequence(time(now - DAY_MS), time(now + DAY_MS)),
    distinguishedName(subject),
    createPublicKey(publicKey.export({ type: "spki", format: "pem" })).export({ type: "spki", format: "der" }),
    tag(0xa3, sequence(...extensions)),
  );
  const der = sequence(body, ECDSA_SHA256, tag(0x03, Buffer.concat([Buffer.from([0]), sign("sha256", body, signer)])));
  const lines = der
    .toString("base64")
    .match(/.{1,64}/g)
    ?.join("\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function distinguishedName(name: string): Buffer {
  return sequence(tag(0x31, sequence(oid([2, 5, 4, 3]), tag(0x0c, Buffer.from(name)))));
}

function extension(id: readonly number[], value: Buffer, critical: boolean): Buffer {
  const flag = critical ? [tag(0x01, Buffer.from([0xff]))] : [];
  return sequence(oid(id), ...flag, tag(0x04, value));
}

function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/[-:T]/g, "").slice(2, 14);
  return tag(0x17, Buffer.from(`${digits}Z`));
}

function integer(value: number): Buffer {
  return tag(0x02, Buffer.from([value]));
}

function oid([first = 0, second = 0, ...rest]: readonly number[]): Buffer {
  return tag(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tag(0x30, Buffer.concat(parts));
}

function tag(type: number, content: Buffer): Buffer {
  const length = content.length < 0x80 ? [content.length] : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([type, ...length]), content]);
}
