/**
 * Certificate, key and CA from files that may be replaced while we run. A half-written or mismatched set is passed over:
 * what was valid last stays in use.
 */
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { experimental } from "@grpc/grpc-js";

/** Files of mutual TLS, PEM. Both sides present `cert` and check the other's certificate against `ca`. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** How often the files are read for a change, milliseconds. Default 10000. New connections use what was valid last. */
  readonly refreshMs?: number;
}

const DEFAULT_REFRESH_MS = 10_000;

type CaListener = experimental.CaCertificateUpdateListener;
type IdentityListener = experimental.IdentityCertificateUpdateListener;

interface Pem {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer;
}

/** grpc-js's source of certificates, over three files. */
export class CertificateFiles implements experimental.CertificateProvider, Disposable {
  readonly #files: TlsFiles;
  readonly #timer: NodeJS.Timeout;
  readonly #caListeners = new Set<CaListener>();
  readonly #identityListeners = new Set<IdentityListener>();
  #pem: Pem | undefined;

  constructor(files: TlsFiles) {
    this.#files = files;
    this.#timer = setInterval(() => void this.#tryReload(), files.refreshMs ?? DEFAULT_REFRESH_MS);
    this.#timer.unref();
    void this.#tryReload();
  }

  /** Reads the files now. @throws Error that names the file that is missing, or says that they do not fit together. */
  async reload(): Promise<void> {
    const [cert, key, ca] = await Promise.all([this.#files.cert, this.#files.key, this.#files.ca].map(read));
    if (cert === undefined || key === undefined || ca === undefined) return;
    if (this.#pem !== undefined && same(this.#pem, { cert, key, ca })) return;
    check(this.#files, { cert, key, ca });
    this.#pem = { cert, key, ca };
    for (const listener of this.#identityListeners) listener({ certificate: cert, privateKey: key });
    for (const listener of this.#caListeners) listener({ caCertificate: ca });
  }

  addCaCertificateListener(listener: CaListener): void {
    this.#caListeners.add(listener);
    const pem = this.#pem;
    if (pem !== undefined) process.nextTick(listener, { caCertificate: pem.ca });
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.#caListeners.delete(listener);
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.add(listener);
    const pem = this.#pem;
    if (pem !== undefined) process.nextTick(listener, { certificate: pem.cert, privateKey: pem.key });
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.delete(listener);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #tryReload(): Promise<void> {
    await this.reload().catch(() => {}); // in the middle of a replacement: the next reading will do
  }
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new Error(`TLS file ${file}: cannot be read`, { cause });
  }
}

function same(a: Pem, b: Pem): boolean {
  return a.cert.equals(b.cert) && a.key.equals(b.key) && a.ca.equals(b.ca);
}

function check(files: TlsFiles, pem: Pem): void {
  try {
    createSecureContext(pem);
  } catch (cause) {
    throw new Error(`TLS files ${files.cert}, ${files.key}, ${files.ca}: no matching certificate, key and CA`, {
      cause,
    });
  }
}
