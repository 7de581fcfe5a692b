/** Bearer tokens: where a request carries one, and its review with a cache. */
import { createHmac, randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { TokenReviewer, TokenVerdict } from "../../ports/auth.js";
import type { Clock } from "../../ports/clock.js";
import { withDeadline } from "./deadline.js";
import { createTtlCache } from "./ttl-cache.js";

/** Answers of both kinds are kept this long. */
export const TOKEN_TTL_MS = 120_000;
const MAX_TOKENS = 4096;
const REVIEW_TIMEOUT_MS = 10_000;
const WEBSOCKET_PREFIX = "base64url.bearer.authorization.k8s.io.";

/** The token of a request: from Authorization, or from the WebSocket subprotocol that browsers use. Undefined: none. */
export function tokenOf(headers: IncomingHttpHeaders): string | undefined {
  return fromAuthorization(headers.authorization) ?? fromSubprotocol(headers["sec-websocket-protocol"]);
}

/** Reviews tokens through `reviewer`, each at most once in two minutes. The cache holds keyed hashes, never tokens. */
export function createTokenAuthenticator(
  reviewer: TokenReviewer,
  clock: Clock,
): (token: string) => Promise<TokenVerdict> {
  const secret = randomBytes(32);
  const cache = createTtlCache<TokenVerdict>({ clock, maxEntries: MAX_TOKENS, ttlMs: () => TOKEN_TTL_MS });
  return (token) => {
    const key = createHmac("sha256", secret).update(token).digest("base64");
    return cache.get(key, () =>
      withDeadline(clock, REVIEW_TIMEOUT_MS, (signal) => reviewer.reviewToken(token, signal)),
    );
  };
}

function fromAuthorization(header: string | undefined): string | undefined {
  const [scheme, token] = (header ?? "").trim().split(" ");
  if (scheme?.toLowerCase() !== "bearer" || token === undefined || token === "") return undefined;
  return token;
}

function fromSubprotocol(header: string | undefined): string | undefined {
  const protocol = (header ?? "").split(",").find((item) => item.trim().startsWith(WEBSOCKET_PREFIX));
  if (protocol === undefined) return undefined;
  const token = Buffer.from(protocol.trim().slice(WEBSOCKET_PREFIX.length), "base64url").toString("utf8");
  return token === "" ? undefined : token;
}
