import { expect } from "chai";
import { ManualClock } from "./testing/manual-clock.js";
import { type GrantedToken, TokenCache, type TokenKey } from "./token-cache.js";

const KEY: TokenKey = { namespace: "ns", serviceAccount: "sa", audience: "", expirationSeconds: 3_600, podUid: "u" };

class Issuer {
  readonly clock = new ManualClock();
  readonly cache: TokenCache;
  issued = 0;

  constructor(random = 0) {
    this.cache = new TokenCache(this.clock, () => random);
  }

  get(key: Partial<TokenKey> = {}, lifetimeSeconds = 3_600): Promise<GrantedToken | undefined> {
    return this.cache.get({ ...KEY, ...key }, async () => {
      this.issued += 1;
      const expiresAt = new Date(this.clock.now() + lifetimeSeconds * 1000).toISOString();
      return { token: `token ${this.issued}`, expiresAt, lifetimeSeconds };
    });
  }

  fail(): Promise<GrantedToken | undefined> {
    return this.cache.get(KEY, () => Promise.reject(new Error("no answer")));
  }
}

describe("TokenCache", () => {
  it("gives the same token until 80 % of its life are over", async () => {
    const issuer = new Issuer();
    await issuer.get();
    issuer.clock.advance(2_879_999);
    expect((await issuer.get())?.token).to.equal("token 1");
    issuer.clock.advance(1);
    expect((await issuer.get())?.token).to.equal("token 2");
  });

  it("renews up to ten seconds earlier, at random", async () => {
    const issuer = new Issuer(0.5);
    await issuer.get();
    issuer.clock.advance(2_875_000);
    expect((await issuer.get())?.token).to.equal("token 2");
  });

  it("renews a long token after 24 hours", async () => {
    const issuer = new Issuer();
    const week = 7 * 86_400;
    await issuer.get({}, week);
    issuer.clock.advance(86_399_999);
    expect((await issuer.get({}, week))?.token).to.equal("token 1");
    issuer.clock.advance(1);
    expect((await issuer.get({}, week))?.token).to.equal("token 2");
  });

  it("gives the old token while renewal fails, until it expires", async () => {
    const issuer = new Issuer();
    await issuer.get();
    issuer.clock.advance(3_599_999);
    expect((await issuer.fail())?.token).to.equal("token 1");
    issuer.clock.advance(1);
    expect(await issuer.fail().catch((error: unknown) => (error as Error).message)).to.equal("no answer");
  });

  it("asks once for readers that come together, and apart for other audiences, lifetimes and pods", async () => {
    const issuer = new Issuer();
    await Promise.all([issuer.get(), issuer.get(), issuer.get()]);
    expect(issuer.issued).to.equal(1);
    await issuer.get({ audience: "vault" });
    await issuer.get({ expirationSeconds: 600 });
    await issuer.get({ podUid: "other" });
    expect(issuer.issued).to.equal(4);
  });

  it("forgets the tokens of one pod", async () => {
    const issuer = new Issuer();
    await issuer.get();
    await issuer.get({ podUid: "other" });
    issuer.cache.forget("u");
    expect((await issuer.get({ podUid: "other" }))?.token).to.equal("token 2");
    expect((await issuer.get())?.token).to.equal("token 3");
  });
});
