/** Is a client certificate good: a path to one of our authorities, every link valid now and meant for clients. Pure. */
import type { Certificate } from "./certificate.js";

/** What verification found; `until`: the path is good up to here, milliseconds since 1970. */
export type ChainVerdict =
  | { readonly kind: "good"; readonly from: number; readonly until: number }
  | { readonly kind: "bad"; readonly reason: string };

/** A question. */
export interface ChainQuestion {
  readonly leaf: Certificate;
  /** Sent by the client, not trusted. */
  readonly intermediates: readonly Certificate[];
  readonly roots: readonly Certificate[];
  readonly now: number;
}

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const ANY_USAGE = "2.5.29.37.0";
/** Longest path below a root, and most signatures looked at, for one question. */
const MAX_DEPTH = 8;
const MAX_SIGNATURES = 100;

/** Verifies as Go does: signatures, times, authority flags, path lengths, client usage along the whole path. */
export function verifyChain(question: ChainQuestion): ChainVerdict {
  const { leaf, now } = question;
  const fault = faultOf(leaf, now);
  if (fault !== undefined) return { kind: "bad", reason: `the certificate ${fault}` };
  if (question.roots.some((root) => root.fingerprint === leaf.fingerprint)) return good([leaf]);
  const path = findPath(question, [leaf], { signatures: 0 });
  if (path === undefined) return { kind: "bad", reason: "the certificate comes from no known authority" };
  return good(path);
}

type Path = readonly [Certificate, ...Certificate[]];

function findPath(question: ChainQuestion, path: Path, budget: { signatures: number }): Path | undefined {
  const last = path.at(-1) ?? path[0];
  const usable = (issuer: Certificate): boolean =>
    mayIssue(issuer, path.length - 1, question.now) && isIssuedBy(last, issuer, budget);
  const root = question.roots.find(usable);
  if (root !== undefined) return [...path, root];
  if (path.length >= MAX_DEPTH) return undefined;
  for (const candidate of question.intermediates) {
    if (path.includes(candidate) || !usable(candidate)) continue;
    const found = findPath(question, [...path, candidate], budget);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `below`: authorities between this one and the leaf. */
function mayIssue(issuer: Certificate, below: number, now: number): boolean {
  if (!issuer.isCa || (issuer.pathLength !== undefined && issuer.pathLength < below)) return false;
  return faultOf(issuer, now) === undefined;
}

function isIssuedBy(child: Certificate, issuer: Certificate, budget: { signatures: number }): boolean {
  if (child.weakSignature || !child.native.checkIssued(issuer.native)) return false;
  budget.signatures += 1;
  if (budget.signatures > MAX_SIGNATURES) return false;
  try {
    return child.native.verify(issuer.native.publicKey);
  } catch {
    return false;
  }
}

function faultOf(certificate: Certificate, now: number): string | undefined {
  const { extendedKeyUsages: usages, unsupported } = certificate;
  if (now < certificate.notBefore) return "is not valid yet";
  if (now > certificate.notAfter) return "has expired";
  if (unsupported !== undefined) return `has the extension ${unsupported}, which is not supported`;
  if (usages !== undefined && !usages.includes(CLIENT_AUTH) && !usages.includes(ANY_USAGE)) return "is not for clients";
  return undefined;
}

function good(path: Path): ChainVerdict {
  return {
    kind: "good",
    from: Math.max(...path.map(({ notBefore }) => notBefore)),
    until: Math.min(...path.map(({ notAfter }) => notAfter)),
  };
}
