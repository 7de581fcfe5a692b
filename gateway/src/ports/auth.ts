/** Who calls the kubelet API, and may they: questions that the API server answers (TokenReview, SubjectAccessReview). */

/** A caller, as Kubernetes knows callers. */
export interface UserInfo {
  readonly name: string;
  /** Empty: none. */
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** What a review of a bearer token said. */
export type TokenVerdict = { readonly kind: "authenticated"; readonly user: UserInfo } | { readonly kind: "rejected" };

/** Reviews bearer tokens. */
export interface TokenReviewer {
  /** One TokenReview. Rejects when no answer was had: that is never "rejected". Must not keep or show the token. */
  reviewToken(token: string, signal: AbortSignal): Promise<TokenVerdict>;
}

/** One access question: may `user` do `verb` on this node's subresource. API group "", version v1, resource nodes. */
export interface AccessQuestion {
  readonly user: UserInfo;
  /** get, create, update, patch, delete; empty for other methods. */
  readonly verb: string;
  readonly nodeName: string;
  readonly subresource: string;
}

/** Reviews access. */
export interface AccessReviewer {
  /** One SubjectAccessReview; true: allowed. Rejects when no answer was had. */
  reviewAccess(question: AccessQuestion, signal: AbortSignal): Promise<boolean>;
}
