/**
 * Client certificates of connections: read once per connection, verified once per bundle of authorities, their validity looked
 * at for each request.
 */
import { TLSSocket } from "node:tls";
import type { UserInfo } from "../../ports/auth.js";
import type { CaSource } from "../certificates/source.js";
import { type Certificate, parseBundle, parseCertificate, userOf } from "./certificate.js";
import { verifyChain } from "./certificate-chain.js";

/** What a connection's certificate says about the caller. */
export type CertificateVerdict =
  | { readonly kind: "none" }
  | { readonly kind: "user"; readonly user: UserInfo }
  | { readonly kind: "refused"; readonly reason: string };

/** What the client sent; undefined: nothing, or nothing that can be read. */
type Presented = readonly [Certificate, ...Certificate[]] | { readonly unreadable: boolean };

interface Verified {
  readonly roots: readonly Certificate[];
  readonly from: number;
  readonly until: number;
  readonly verdict: CertificateVerdict;
}

const MAX_INTERMEDIATES = 10;

/** Makes the check. `socket` may be any connection; one without TLS has no certificate. */
export function createCertificateAuthenticator(ca: CaSource): (socket: unknown, now: number) => CertificateVerdict {
  const presented = new WeakMap<TLSSocket, Presented>();
  const verified = new WeakMap<TLSSocket, Verified>();
  const rootsNow = createRoots(ca);

  return (socket, now) => {
    if (!(socket instanceof TLSSocket)) return { kind: "none" };
    const chain = presented.get(socket) ?? readChain(socket);
    presented.set(socket, chain);
    if ("unreadable" in chain) {
      return chain.unreadable ? { kind: "refused", reason: "the certificate cannot be read" } : { kind: "none" };
    }
    const roots = rootsNow();
    const known = verified.get(socket);
    if (known !== undefined && known.roots === roots && known.from <= now && now <= known.until) return known.verdict;
    const result = verify(chain, roots, now);
    verified.set(socket, result);
    return result.verdict;
  };
}

/** The authorities; a broken bundle changes nothing, its source reports it. */
function createRoots(ca: CaSource): () => readonly Certificate[] {
  let bundle = "";
  let roots: readonly Certificate[] = [];
  return () => {
    const next = ca.current();
    if (next === bundle) return roots;
    bundle = next;
    try {
      roots = parseBundle(bundle);
    } catch {
      return roots;
    }
    return roots;
  };
}

function verify(
  [leaf, ...intermediates]: readonly [Certificate, ...Certificate[]],
  roots: readonly Certificate[],
  now: number,
): Verified {
  const chain = verifyChain({ leaf, intermediates, roots, now });
  const user = userOf(leaf);
  if (chain.kind === "bad" || user === undefined) {
    const reason = chain.kind === "bad" ? chain.reason : "the certificate names no user";
    return { roots, from: now, until: now, verdict: { kind: "refused", reason } };
  }
  return { roots, from: chain.from, until: chain.until, verdict: { kind: "user", user } };
}

/** Node.js gives the certificates behind the first one only once per connection: keep the result. */
function readChain(socket: TLSSocket): Presented {
  try {
    const native = socket.getPeerX509Certificate();
    if (native === undefined) return { unreadable: false };
    const intermediates: Certificate[] = [];
    let next = native.issuerCertificate;
    while (next !== undefined && intermediates.length < MAX_INTERMEDIATES) {
      intermediates.push(parseCertificate(next));
      next = next.issuerCertificate;
    }
    return [parseCertificate(native), ...intermediates];
  } catch {
    return { unreadable: true };
  }
}
