/** May a caller do this: the kubelet's candidates in order, each answer cached. */
import { createHash } from "node:crypto";
import type { AccessQuestion, AccessReviewer, UserInfo } from "../../ports/auth.js";
import type { Clock } from "../../ports/clock.js";
import { withDeadline } from "./deadline.js";
import { createTtlCache } from "./ttl-cache.js";

/** Allowed answers are kept this long. */
export const ALLOW_TTL_MS = 300_000;
/** Denied answers are kept this long. */
export const DENY_TTL_MS = 30_000;
const MAX_ANSWERS = 8192;
const REVIEW_TIMEOUT_MS = 10_000;

/** What to ask for. */
export interface AccessRequest {
  readonly user: UserInfo;
  readonly method: string;
  /** The first that is allowed wins. */
  readonly subresources: readonly string[];
}

/** The decision, with the text for the caller. */
export type AccessDecision =
  | { readonly kind: "allowed" }
  | { readonly kind: "denied"; readonly text: string }
  | { readonly kind: "failed"; readonly text: string; readonly cause: unknown };

/** Decides requests. Never rejects. */
export type Authorizer = (request: AccessRequest) => Promise<AccessDecision>;

const VERBS: Readonly<Record<string, string>> = {
  GET: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** Kubernetes' verb for an HTTP method; empty for methods that have none. */
export function verbOf(method: string): string {
  return VERBS[method] ?? "";
}

/** Asks `reviewer` about this node; allow is kept 5 minutes, deny 30 seconds, failures not at all. */
export function createAuthorizer(reviewer: AccessReviewer, nodeName: string, clock: Clock): Authorizer {
  const cache = createTtlCache<boolean>({
    clock,
    maxEntries: MAX_ANSWERS,
    ttlMs: (allowed) => (allowed ? ALLOW_TTL_MS : DENY_TTL_MS),
  });
  const isAllowed = (question: AccessQuestion): Promise<boolean> =>
    cache.get(keyOf(question), () =>
      withDeadline(clock, REVIEW_TIMEOUT_MS, (signal) => reviewer.reviewAccess(question, signal)),
    );
  return async ({ user, method, subresources }) => {
    const verb = verbOf(method);
    const who = `user=${user.name}, verb=${verb}, resource=nodes`;
    for (const subresource of subresources) {
      try {
        if (await isAllowed({ user, verb, nodeName, subresource })) return { kind: "allowed" };
      } catch (cause) {
        return { kind: "failed", text: `Authorization error (${who}, subresource=${subresource})`, cause };
      }
    }
    return { kind: "denied", text: `Forbidden (${who}, subresource(s)=[${subresources.join(" ")}])\n` };
  };
}

/** Allows every authenticated caller. Only for a server that listens on loopback. */
export const alwaysAllow: Authorizer = async () => ({ kind: "allowed" });

function keyOf(question: AccessQuestion): string {
  const { user, verb, subresource } = question;
  const extra = Object.entries(user.extra).sort(([a], [b]) => (a < b ? -1 : 1));
  const fields = [user.name, user.uid, user.groups, extra, verb, subresource];
  return createHash("sha256").update(JSON.stringify(fields)).digest("base64");
}
