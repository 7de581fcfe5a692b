/** A reviewer for standalone mode: one token, known to the operator, compared in constant time. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { TokenReviewer, UserInfo } from "../../ports/auth.js";

/** Accepts exactly `token`, as `user`. @throws when the token is shorter than 16 characters */
export function createStaticTokenReviewer(token: string, user: UserInfo): TokenReviewer {
  if (token.length < 16) throw new Error("The kubelet API's static token must have at least 16 characters.");
  const expected = digest(token);
  return {
    async reviewToken(candidate) {
      return timingSafeEqual(digest(candidate), expected) ? { kind: "authenticated", user } : { kind: "rejected" };
    },
  };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
