/** Client certificates of connections: verified once per connection and bundle, the validity looked at for each request. */
import type { X509Certificate } from "node:crypto";
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

interface Verified {
  readonly bundle: string;
  readonly from: number;
  readonly until: number;
  readonly verdict: CertificateVerdict;
}

const MAX_INTERMEDIATES = 10;

/** Makes the check. `socket` may be any connection; one without TLS has no certificate. */
export function createCertificateAuthenticator(ca: CaSource): (socket: unknown, now: number) => CertificateVerdict {
  const verified = new WeakMap<object, Verified>();
  let roots = { bundle: "", certificates: [] as readonly Certificate[] };

  function rootsNow(): typeof roots {
    const bundle = ca.current();
    if (bundle === roots.bundle) return roots;
    try {
      roots = { bundle, certificates: parseBundle(bundle) };
    } catch {
      // A broken bundle changes nothing; its source reports it.
      roots = { bundle, certificates: roots.certificates };
    }
    return roots;
  }

  return (socket, now) => {
    if (!(socket instanceof TLSSocket)) return { kind: "none" };
    const { bundle, certificates } = rootsNow();
    const known = verified.get(socket);
    if (known !== undefined && known.bundle === bundle && known.from <= now && now <= known.until) return known.verdict;
    const native = socket.getPeerX509Certificate();
    if (native === undefined) return { kind: "none" };
    const result = verify(native, certificates, now);
    verified.set(socket, { bundle, ...result });
    return result.verdict;
  };
}

function verify(native: X509Certificate, roots: readonly Certificate[], now: number): Omit<Verified, "bundle"> {
  const refused = (reason: string): Omit<Verified, "bundle"> => {
    return { from: now, until: now, verdict: { kind: "refused", reason } };
  };
  try {
    const leaf = parseCertificate(native);
    const chain = verifyChain({ leaf, intermediates: intermediatesOf(native), roots, now });
    if (chain.kind === "bad") return refused(chain.reason);
    const user = userOf(leaf);
    if (user === undefined) return refused("the certificate names no user");
    return { from: chain.from, until: chain.until, verdict: { kind: "user", user } };
  } catch {
    return refused("the certificate cannot be read");
  }
}

function intermediatesOf(leaf: X509Certificate): readonly Certificate[] {
  const found: Certificate[] = [];
  let next = leaf.issuerCertificate;
  while (next !== undefined && found.length < MAX_INTERMEDIATES) {
    found.push(parseCertificate(next));
    next = next.issuerCertificate;
  }
  return found;
}
