/** Who is calling: the client certificate first, then the bearer token. There are no anonymous callers. */
import type { IncomingMessage } from "node:http";
import type { TokenReviewer, UserInfo } from "../../ports/auth.js";
import type { Clock } from "../../ports/clock.js";
import type { CaSource } from "../certificates/source.js";
import { createCertificateAuthenticator } from "./client-certificate.js";
import { createTokenAuthenticator, tokenOf } from "./token.js";

/** How a caller was, or was not, recognised. */
export type AuthenticationMethod = "x509" | "token" | "none";

/** Who it is. */
export type Authentication =
  | { readonly kind: "authenticated"; readonly user: UserInfo; readonly method: AuthenticationMethod }
  /** `reason` is for the log. */
  | { readonly kind: "refused"; readonly method: AuthenticationMethod; readonly reason: string }
  /** The token could not be reviewed. */
  | { readonly kind: "failed"; readonly method: AuthenticationMethod; readonly cause: unknown };

/** Never rejects. */
export type Authenticator = (request: IncomingMessage) => Promise<Authentication>;

/** Means of recognition; a missing one is off. */
export interface AuthenticatorOptions {
  readonly clientCa?: CaSource | undefined;
  readonly tokens?: TokenReviewer | undefined;
  readonly clock: Clock;
}

const AUTHENTICATED_GROUP = "system:authenticated";

/** Makes the authenticator. @throws when both means are off */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { clientCa, tokens, clock } = options;
  if (clientCa === undefined && tokens === undefined) {
    throw new Error("The kubelet API needs a client CA or a token reviewer: there are no anonymous callers.");
  }
  const byCertificate = clientCa && createCertificateAuthenticator(clientCa);
  const byToken = tokens && createTokenAuthenticator(tokens, clock);
  return async (request) => {
    const certificate = byCertificate?.(request.socket, clock.now()) ?? { kind: "none" };
    if (certificate.kind === "user") return authenticated(certificate.user, "x509");
    const token = byToken && tokenOf(request.headers);
    if (byToken !== undefined && token !== undefined) return review(byToken, token);
    if (certificate.kind === "refused") return { kind: "refused", method: "x509", reason: certificate.reason };
    return { kind: "refused", method: "none", reason: "no credentials" };
  };
}

async function review(byToken: ReturnType<typeof createTokenAuthenticator>, token: string): Promise<Authentication> {
  try {
    const verdict = await byToken(token);
    if (verdict.kind === "authenticated") return authenticated(verdict.user, "token");
    return { kind: "refused", method: "token", reason: "the token was not accepted" };
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    return { kind: "failed", method: "token", cause: new Error(text.replaceAll(token, "[token]")) };
  }
}

function authenticated(user: UserInfo, method: AuthenticationMethod): Authentication {
  const groups = user.groups.includes(AUTHENTICATED_GROUP) ? user.groups : [...user.groups, AUTHENTICATED_GROUP];
  return { kind: "authenticated", user: { ...user, groups }, method };
}
