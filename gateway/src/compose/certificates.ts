/** Where the kubelet port's certificates come from: files, the cluster, or ourselves. */
import type { Logger } from "pino";
import type { GatewayConfig, KubeletConfig } from "../config/config.js";
import type { Clock } from "../ports/clock.js";
import type { Kube } from "../kube/connect.js";
import { readCertificateFiles } from "../kubelet/certificates/files.js";
import { type CertificateSource, createSettable, type ServingCertificate } from "../kubelet/certificates/source.js";

const RETRY_MS = 30_000;
/** Part of a certificate's life after which the next one is asked for. */
const ROTATE_AT = 0.8;

/** A serving certificate from files, or signed by ourselves for these hosts. */
export async function localCertificates(
  config: KubeletConfig,
  hosts: readonly [string, ...string[]],
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<CertificateSource> {
  const { tlsCert, tlsKey } = config;
  if (tlsCert !== undefined && tlsKey !== undefined)
    return await readCertificateFiles(tlsCert, tlsKey, { clock, logger });
  const { createSelfSignedSource } = await import("../kubelet/certificates/self-signed.js"); // 8 MiB, for development only
  return await createSelfSignedSource({ hosts, clock, logger });
}

/** What a certificate from the cluster needs. */
export interface ClusterCertificateOptions {
  readonly kube: Kube;
  readonly addresses: () => readonly { readonly type: string; readonly address: string }[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A serving certificate from the cluster, asked for when run, and again before its end. Until the first one TLS handshakes fail. */
export function clusterCertificates(options: ClusterCertificateOptions): CertificateSource {
  const settable = createSettable<ServingCertificate | undefined>(undefined);
  return { ...settable, run: (signal) => keepFresh(options, (certificate) => settable.set(certificate), signal) };
}

async function keepFresh(
  { kube, addresses, clock, logger }: ClusterCertificateOptions,
  set: (certificate: ServingCertificate) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const { cert, key, notAfter } = await kube.servingCertificate({ addresses: addresses() }, signal);
      set({ cert, key });
      logger.info({ notAfter: notAfter.toISOString() }, "serving certificate issued by the cluster");
      await clock.sleep(Math.max(RETRY_MS, (notAfter.getTime() - clock.now()) * ROTATE_AT), signal);
    } catch (error) {
      if (signal.aborted) return;
      logger.warn({ err: error }, "no serving certificate from the cluster, will retry");
      await clock.sleep(RETRY_MS, signal).catch(() => {});
    }
  }
}

/** True when the certificate is to come from the cluster. */
export function isFromCluster(config: GatewayConfig): boolean {
  return config.tlsCert === undefined && config.serverCertificate === "csr";
}
