/** TokenReview and SubjectAccessReview, one call each; the kubelet server keeps the answers. */
import type { AccessQuestion, AccessReviewer, TokenReviewer, TokenVerdict } from "../ports/auth.js";
import { ApiError } from "../ports/pods.js";
import type { KubeHttp } from "./http.js";
import { Priority } from "./limiter.js";
import { groupPath } from "./paths.js";

const TIMEOUT_MS = 10_000;

export class ApiReviewer implements TokenReviewer, AccessReviewer {
  readonly #http: KubeHttp;

  constructor(http: KubeHttp) {
    this.#http = http;
  }

  async reviewToken(token: string, signal: AbortSignal): Promise<TokenVerdict> {
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } };
    const path = groupPath("authentication.k8s.io/v1", "tokenreviews");
    const { status } = await this.#post<TokenReviewAnswer>(path, body, signal);
    if (status?.authenticated !== true) {
      // Without "authenticated" an error is the authenticator's trouble with this token: the kubelet says "rejected" too.
      return { kind: "rejected" };
    }
    const { username, uid, groups, extra } = status.user ?? {};
    return {
      kind: "authenticated",
      user: { name: username ?? "", uid: uid ?? "", groups: groups ?? [], extra: extra ?? {} },
    };
  }

  async reviewAccess(question: AccessQuestion, signal: AbortSignal): Promise<boolean> {
    const { user, verb, nodeName, subresource } = question;
    const body = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: {
        user: user.name,
        ...(user.uid === "" ? {} : { uid: user.uid }),
        groups: user.groups,
        extra: user.extra,
        resourceAttributes: { group: "", version: "v1", resource: "nodes", name: nodeName, verb, subresource },
      },
    };
    const path = groupPath("authorization.k8s.io/v1", "subjectaccessreviews");
    const { status } = await this.#post<AccessReviewAnswer>(path, body, signal);
    if (status === undefined) {
      throw new ApiError(0, "the SubjectAccessReview came back without a status");
    }
    return status.allowed && status.denied !== true;
  }

  #post<Answer>(path: string, body: object, signal: AbortSignal): Promise<Answer> {
    return this.#http.json<Answer>(
      { method: "POST", path, body, priority: Priority.status, timeoutMs: TIMEOUT_MS },
      signal,
    );
  }
}

interface TokenReviewAnswer {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly user?: {
      readonly username?: string;
      readonly uid?: string;
      readonly groups?: readonly string[];
      readonly extra?: Readonly<Record<string, readonly string[]>>;
    };
  };
}

interface AccessReviewAnswer {
  readonly status?: { readonly allowed: boolean; readonly denied?: boolean };
}
