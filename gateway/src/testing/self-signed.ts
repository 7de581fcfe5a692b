/** Certificates for tests, signed by themselves: made by the product's own code for development certificates. */
import { createSelfSignedSource } from "../kubelet/certificates/self-signed.js";

/** A certificate and its key, PEM, valid from `now` (milliseconds) for a year. */
export async function createSelfSigned(
  hosts: readonly [string, ...string[]],
  now: number,
): Promise<{ readonly cert: string; readonly key: string }> {
  const clock = { now: () => now, sleep: () => new Promise<void>(() => {}) };
  const source = await createSelfSignedSource({ hosts, clock, logger: { warn: () => {} } });
  const certificate = source.current();
  if (certificate === undefined) throw new Error("no certificate was made");
  return certificate;
}
