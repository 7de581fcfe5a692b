/** Where certificates come from. A source answers at once and says when its answer changed. */

/** A value that may change while the process runs. */
export interface Watched<Value> {
  current(): Value;
  /** Calls back after each change. Returns the function that ends it. */
  onChange(listener: () => void): () => void;
  /** Keeps the value fresh until the signal aborts; absent: somebody else does. Never rejects. */
  run?(signal: AbortSignal): Promise<void>;
}

/** A serving certificate with its key, PEM. The certificate may be a chain, leaf first. */
export interface ServingCertificate {
  readonly cert: string;
  readonly key: string;
}

/** The serving certificate; undefined: none yet, TLS handshakes fail until there is one. */
export type CertificateSource = Watched<ServingCertificate | undefined>;

/** PEM bundle of the authorities that client certificates must come from. */
export type CaSource = Watched<string>;

/** A value with listeners, for sources that set it themselves (files, a certificate signing request). */
export interface Settable<Value> extends Watched<Value> {
  set(value: Value): void;
}

/** Makes a settable source. */
export function createSettable<Value>(initial: Value): Settable<Value> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    current: () => value,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    set(next) {
      value = next;
      for (const listener of listeners) listener();
    },
  };
}
