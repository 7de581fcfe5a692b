/**
 * Certificates in files, read again every few seconds: mounted secrets change by a swapped link, which file notifications
 * miss. A bad new version is reported and the old one kept.
 */
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { Clock } from "../../ports/clock.js";
import { parseBundle } from "../auth/certificate.js";
import {
  type CaSource,
  type CertificateSource,
  createSettable,
  type ServingCertificate,
  type Watched,
} from "./source.js";

/** What a file source needs. */
export interface FileSourceOptions {
  readonly clock: Clock;
  readonly logger: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
  /** How often the files are read, milliseconds; default 10000. */
  readonly intervalMs?: number;
}

/** A certificate and its key. @throws (rejects) when they cannot be read or do not fit together */
export function readCertificateFiles(
  certFile: string,
  keyFile: string,
  options: FileSourceOptions,
): Promise<CertificateSource> {
  return watchFiles<ServingCertificate>([certFile, keyFile], options, ([cert = "", key = ""]) => {
    createSecureContext({ cert, key });
    return { cert, key };
  });
}

/** Bundles of client authorities, put together. @throws (rejects) when one cannot be read or holds no certificate */
export function readCaFiles(files: readonly string[], options: FileSourceOptions): Promise<CaSource> {
  return watchFiles(files, options, (texts) => {
    for (const [index, text] of texts.entries()) {
      if (parseBundle(text).length === 0) throw new Error(`${files[index]} holds no certificate`);
    }
    return texts.join("\n");
  });
}

async function watchFiles<Value>(
  files: readonly string[],
  options: FileSourceOptions,
  parse: (texts: readonly string[]) => Value,
): Promise<Watched<Value>> {
  const { clock, logger, intervalMs = 10_000 } = options;
  const read = (): Promise<string[]> => Promise.all(files.map((file) => readFile(file, "utf8")));
  const label = files.join(", ");
  let texts = await read();
  const source = createSettable(parseOrExplain(label, parse, texts));

  async function readAgain(): Promise<void> {
    try {
      const next = await read();
      if (next.every((text, index) => text === texts[index])) return;
      const value = parseOrExplain(label, parse, next);
      texts = next;
      source.set(value);
      logger.info({ files }, "Certificate files changed and were read again.");
    } catch (error) {
      logger.warn({ files, error: messageOf(error) }, "Certificate files cannot be used; the old version stays.");
    }
  }

  return {
    ...source,
    async run(signal) {
      while (!signal.aborted) {
        await clock.sleep(intervalMs, signal).catch(() => {});
        if (!signal.aborted) await readAgain();
      }
    },
  };
}

function parseOrExplain<Value>(
  label: string,
  parse: (texts: readonly string[]) => Value,
  texts: readonly string[],
): Value {
  try {
    return parse(texts);
  } catch (error) {
    throw new Error(`Certificate files ${label} cannot be used: ${messageOf(error)}.`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
