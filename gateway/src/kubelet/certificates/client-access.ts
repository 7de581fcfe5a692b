/**
 * A way to call the kubelet API where nobody else gives one: a small authority and one client certificate, made once and kept in
 * a folder. The authority's key is thrown away, so nobody else gets a certificate from it.
 */
import { createPrivateKey, webcrypto, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  X509CertificateGenerator,
} from "./x509.js";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const YEAR_MS = 365 * 24 * 3_600_000;
/** Made anew when less than this is left of it. */
const LEAST_LEFT_MS = YEAR_MS / 12;

/** Where it is, all PEM and readable by their owner only. */
export interface ClientAccess {
  /** Bundle to give to the kubelet port. */
  readonly ca: string;
  /** For `curl --cert` and `--key`. */
  readonly cert: string;
  readonly key: string;
}

/**
 * Files ca.crt, client.crt and client.key in the folder; made if they are missing, broken or near their end.
 * @throws (rejects) when they cannot be written
 */
export async function openClientAccess(folder: string, now: number): Promise<ClientAccess> {
  const files = {
    ca: path.join(folder, "ca.crt"),
    cert: path.join(folder, "client.crt"),
    key: path.join(folder, "client.key"),
  };
  if (isUsable(files, now)) return files;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const made = await makeAccess(now);
  for (const name of ["key", "cert", "ca"] as const) writePrivate(files[name], made[name]);
  return files;
}

function isUsable(files: ClientAccess, now: number): boolean {
  try {
    const ca = new X509Certificate(readFileSync(files.ca));
    const cert = new X509Certificate(readFileSync(files.cert));
    return (
      cert.checkPrivateKey(createPrivateKey(readFileSync(files.key))) &&
      cert.verify(ca.publicKey) &&
      [ca, cert].every(({ validTo }) => Date.parse(validTo) - now > LEAST_LEFT_MS)
    );
  } catch {
    return false; // missing or broken: made anew
  }
}

function writePrivate(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Texts of a new authority and a client of it. */
async function makeAccess(now: number): Promise<ClientAccess> {
  const caKeys = await createKeys();
  const clientKeys = await createKeys();
  const issuer = `CN=outboard standalone ${Math.floor(now / 1000)}`;
  const sign = async (subject: string, publicKey: webcrypto.CryptoKey, extensions: Extension[]): Promise<string> => {
    const certificate = await X509CertificateGenerator.create({
      subject,
      issuer,
      publicKey,
      signingKey: caKeys.privateKey,
      signingAlgorithm: ALGORITHM,
      notBefore: new Date(now - 60_000),
      notAfter: new Date(now + 10 * YEAR_MS),
      extensions,
    });
    return certificate.toString("pem");
  };
  const ca = await sign(issuer, caKeys.publicKey, [
    new BasicConstraintsExtension(true, 0, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
  ]);
  const cert = await sign("CN=outboard-standalone", clientKeys.publicKey, [
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([CLIENT_AUTH]),
  ]);
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", clientKeys.privateKey);
  return { ca, cert, key: PemConverter.encode(pkcs8, "PRIVATE KEY") };
}

function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}
