/**
 * Tokens of service accounts, one per account, audience, lifetime and pod UID. A token is renewed at 80 % of its life, or at 24
 * hours, a little earlier at random; while renewal fails the old one is given out until it expires.
 */
import type { Clock } from "../ports/clock.js";

/** A token with the lifetime that the API server granted. */
export interface GrantedToken {
  readonly token: string;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly lifetimeSeconds: number;
}

export interface TokenKey {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly audience: string;
  readonly expirationSeconds: number;
  readonly podUid: string;
}

const JITTER_MS = 10_000;
const LONGEST_MS = 24 * 3_600_000;
const REST_SHARE = 0.2;
/** Expired tokens are looked for at most so often: looking at all of them for each new one costs too much. */
const SWEEP_MS = 60_000;

/** When a token is to be renewed at the latest, milliseconds since 1970. */
export function renewalOf({ expiresAt, lifetimeSeconds }: GrantedToken): number {
  const expires = Date.parse(expiresAt);
  const lifeMs = lifetimeSeconds * 1000;
  return Math.min(expires - lifeMs + LONGEST_MS, expires - lifeMs * REST_SHARE);
}

export class TokenCache {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #kept = new Map<string, GrantedToken>();
  /** Pod UID → names in #kept: a pod that goes must not cost a look at all tokens. */
  readonly #ofPod = new Map<string, Set<string>>();
  readonly #pending = new Map<string, Promise<GrantedToken | undefined>>();
  #sweptAt = 0;

  constructor(clock: Clock, random: () => number = Math.random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** undefined: `request` said that there is no such account. */
  async get(key: TokenKey, request: () => Promise<GrantedToken | undefined>): Promise<GrantedToken | undefined> {
    const name = JSON.stringify(key);
    const kept = this.#kept.get(name);
    if (kept !== undefined && !this.#isDue(kept)) {
      return kept;
    }
    const pending = this.#pending.get(name) ?? this.#renew(name, key.podUid, request);
    try {
      return await pending;
    } catch (error) {
      if (kept !== undefined && this.#clock.now() < Date.parse(kept.expiresAt)) {
        return kept;
      }
      throw error;
    }
  }

  /** The pod is gone: its tokens are of no use any more. */
  forget(podUid: string): void {
    for (const name of this.#ofPod.get(podUid) ?? []) {
      this.#kept.delete(name);
    }
    this.#ofPod.delete(podUid);
  }

  #isDue(token: GrantedToken): boolean {
    return this.#clock.now() >= renewalOf(token) - this.#random() * JITTER_MS;
  }

  #renew(
    name: string,
    podUid: string,
    request: () => Promise<GrantedToken | undefined>,
  ): Promise<GrantedToken | undefined> {
    const work = request()
      .then((token) => {
        this.#forgetExpired();
        if (token !== undefined) {
          this.#keep(name, podUid, token);
        }
        return token;
      })
      .finally(() => this.#pending.delete(name));
    this.#pending.set(name, work);
    return work;
  }

  #keep(name: string, podUid: string, token: GrantedToken): void {
    this.#kept.set(name, token);
    const names = this.#ofPod.get(podUid);
    if (names === undefined) this.#ofPod.set(podUid, new Set([name]));
    else names.add(name);
  }

  #forgetExpired(): void {
    const now = this.#clock.now();
    if (now - this.#sweptAt < SWEEP_MS) {
      return;
    }
    this.#sweptAt = now;
    for (const [podUid, names] of this.#ofPod) {
      for (const name of names) {
        const token = this.#kept.get(name);
        if (token === undefined || Date.parse(token.expiresAt) > now) continue;
        this.#kept.delete(name);
        names.delete(name);
      }
      if (names.size === 0) this.#ofPod.delete(podUid);
    }
  }
}
