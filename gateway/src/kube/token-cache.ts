/**
 * Tokens of service accounts, one per account, audience, lifetime and pod UID. A token is renewed at 80 % of its life, or at 24
 * hours, a little earlier at random; while renewal fails the old one is given out until it expires.
 */
import type { Clock } from "../ports/clock.js";
import type { Token } from "../ports/inputs.js";

/** A token with the lifetime that the API server granted. */
export interface GrantedToken extends Token {
  readonly lifetimeSeconds: number;
}

export interface TokenKey {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly audience: string;
  readonly expirationSeconds: number;
  readonly podUid: string;
}

interface Kept {
  readonly podUid: string;
  readonly token: GrantedToken;
}

const JITTER_MS = 10_000;
const LONGEST_MS = 24 * 3_600_000;
const REST_SHARE = 0.2;
/** Expired tokens are looked for at most so often: looking at all of them for each new one costs too much. */
const SWEEP_MS = 60_000;

export class TokenCache {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #kept = new Map<string, Kept>();
  readonly #pending = new Map<string, Promise<GrantedToken | undefined>>();
  #sweptAt = 0;

  constructor(clock: Clock, random: () => number = Math.random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** undefined: `request` said that there is no such account. */
  async get(key: TokenKey, request: () => Promise<GrantedToken | undefined>): Promise<GrantedToken | undefined> {
    const name = JSON.stringify(key);
    const kept = this.#kept.get(name)?.token;
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
    for (const [name, kept] of this.#kept) {
      if (kept.podUid === podUid) {
        this.#kept.delete(name);
      }
    }
  }

  #isDue(token: GrantedToken): boolean {
    const now = this.#clock.now();
    const expires = Date.parse(token.expiresAt);
    const lifeMs = token.lifetimeSeconds * 1000;
    const jitterMs = this.#random() * JITTER_MS;
    return now > expires - lifeMs + LONGEST_MS - jitterMs || now > expires - lifeMs * REST_SHARE - jitterMs;
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
          this.#kept.set(name, { podUid, token });
        }
        return token;
      })
      .finally(() => this.#pending.delete(name));
    this.#pending.set(name, work);
    return work;
  }

  #forgetExpired(): void {
    const now = this.#clock.now();
    if (now - this.#sweptAt < SWEEP_MS) {
      return;
    }
    this.#sweptAt = now;
    for (const [name, { token }] of this.#kept) {
      if (Date.parse(token.expiresAt) <= now) {
        this.#kept.delete(name);
      }
    }
  }
}
