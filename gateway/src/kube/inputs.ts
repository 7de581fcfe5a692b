/**
 * What pods refer to, read the way the Node authorizer allows a node: each object by its name, never a list; services are the
 * exception, nodes may list those.
 */
import type { ConfigMap, Pod, Secret, Service } from "../domain/kubernetes.js";
import type { Clock } from "../ports/clock.js";
import type { FollowedObjects, InputSource, Token, TokenRequest } from "../ports/inputs.js";
import { hasStatus } from "./errors.js";
import { retryForbidden } from "./forbidden-retry.js";
import type { KubeHttp } from "./http.js";
import { Priority } from "./limiter.js";
import type { KubeLog } from "./log.js";
import { ObjectCache, orAbort } from "./object-cache.js";
import { objectPath, ObjectWatches } from "./object-watches.js";
import { groupPath, namespacedPath } from "./paths.js";
import type { ServiceIndex } from "./services.js";
import { type GrantedToken, renewalOf, TokenCache } from "./token-cache.js";

export interface ApiInputSourceOptions {
  readonly http: KubeHttp;
  readonly clock: Clock;
  readonly services: ServiceIndex;
  /** Ends calls that several readers share; the adapter's own end. */
  readonly ended: AbortSignal;
  /** From 0 to 1. Default Math.random. */
  readonly random?: () => number;
  /** How long an object read is good for; default 1 s. */
  readonly objectTtlMs?: number;
  readonly log?: KubeLog;
}

const OBJECT_TTL_MS = 1_000;
const CLASS_TTL_MS = 10_000;

export class ApiInputSource implements InputSource {
  readonly #http: KubeHttp;
  readonly #clock: Clock;
  readonly #services: ServiceIndex;
  readonly #ended: AbortSignal;
  readonly #objects: ObjectCache<object>;
  readonly #classes: ObjectCache<{ readonly handler: string }>;
  readonly #tokens: TokenCache;
  readonly #watches: ObjectWatches;

  constructor(options: ApiInputSourceOptions) {
    this.#http = options.http;
    this.#clock = options.clock;
    this.#services = options.services;
    this.#ended = options.ended;
    this.#objects = new ObjectCache(options.clock, options.objectTtlMs ?? OBJECT_TTL_MS);
    this.#classes = new ObjectCache(options.clock, CLASS_TTL_MS);
    this.#tokens = new TokenCache(options.clock, options.random);
    this.#watches = new ObjectWatches({ ...options, changed: (path) => this.#objects.drop(path) });
  }

  configMap(namespace: string, name: string, signal: AbortSignal): Promise<ConfigMap | undefined> {
    return this.#object<ConfigMap>(objectPath({ namespace, name, resource: "configmaps" }), signal);
  }

  secret(namespace: string, name: string, signal: AbortSignal): Promise<Secret | undefined> {
    return this.#object<Secret>(objectPath({ namespace, name, resource: "secrets" }), signal);
  }

  async runtimeHandler(name: string, signal: AbortSignal): Promise<string | undefined> {
    const path = groupPath("node.k8s.io/v1", "runtimeclasses", name);
    const found = await this.#classes.get(path, signal, () =>
      this.#http.find<{ handler: string }>({ method: "GET", path, priority: Priority.inputs }, this.#ended),
    );
    return found?.handler;
  }

  async token(request: TokenRequest, signal: AbortSignal): Promise<Token | undefined> {
    const { metadata, spec } = request.pod;
    const key = {
      namespace: metadata.namespace,
      serviceAccount: spec.serviceAccountName ?? "default",
      audience: request.audience,
      expirationSeconds: request.expirationSeconds,
      podUid: metadata.uid,
    };
    const found = await orAbort(
      this.#tokens.get(key, () => this.#requestToken(request, key.serviceAccount)),
      signal,
    );
    if (found === undefined) return undefined;
    return { token: found.token, expiresAt: found.expiresAt, renewAt: renewalOf(found) };
  }

  async services(namespace: string, signal: AbortSignal): Promise<readonly Service[]> {
    signal.throwIfAborted();
    return this.#services.of(namespace);
  }

  follow({ metadata: { uid, namespace } }: Pod, objects: FollowedObjects, changed: () => void): void {
    const of = (resource: "configmaps" | "secrets", names: readonly string[]) =>
      names.map((name) => ({ namespace, resource, name }));
    const all = [...of("configmaps", objects.configMaps), ...of("secrets", objects.secrets)];
    this.#watches.follow(uid, all, changed);
  }

  /** Objects that are watched now. */
  get watching(): number {
    return this.#watches.size;
  }

  unfollow(podUid: string): void {
    this.#watches.unfollow(podUid);
  }

  /** The pod is gone for good: drops its watches and tokens. */
  forget(podUid: string): void {
    this.#watches.unfollow(podUid);
    this.#tokens.forget(podUid);
  }

  async #object<Item extends object>(path: string, signal: AbortSignal): Promise<Item | undefined> {
    const found = await this.#objects.get(path, signal, () =>
      retryForbidden(this.#clock, this.#ended, () =>
        this.#http.find<Item>({ method: "GET", path, priority: Priority.inputs }, this.#ended),
      ),
    );
    this.#watches.noteRead(path, found);
    return found as Item | undefined;
  }

  async #requestToken(request: TokenRequest, serviceAccount: string): Promise<GrantedToken | undefined> {
    const { name, namespace, uid } = request.pod.metadata;
    const body = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: {
        audiences: request.audience === "" ? [] : [request.audience],
        expirationSeconds: request.expirationSeconds,
        boundObjectRef: { kind: "Pod", apiVersion: "v1", name, uid },
      },
    };
    const path = namespacedPath(namespace, "serviceaccounts", serviceAccount, "token");
    try {
      const answer = await retryForbidden(this.#clock, this.#ended, () =>
        this.#http.json<TokenAnswer>({ method: "POST", path, body, priority: Priority.inputs }, this.#ended),
      );
      return {
        token: answer.status.token,
        expiresAt: answer.status.expirationTimestamp,
        lifetimeSeconds: answer.spec.expirationSeconds,
      };
    } catch (error) {
      // The pod may be what is not found; that is a failure, not a missing account.
      if (hasStatus(error, 404) && error.message.includes('serviceaccounts "')) {
        return undefined;
      }
      throw error;
    }
  }
}

interface TokenAnswer {
  readonly spec: { readonly expirationSeconds: number };
  readonly status: { readonly token: string; readonly expirationTimestamp: string };
}
