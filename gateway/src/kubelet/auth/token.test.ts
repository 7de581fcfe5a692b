import { expect } from "chai";
import type { TokenReviewer, TokenVerdict, UserInfo } from "../../ports/auth.js";
import { createFakeClock } from "../testing/fake-clock.js";
import { createStaticTokenReviewer } from "./static-token.js";
import { createTokenAuthenticator, tokenOf } from "./token.js";
import { createTtlCache } from "./ttl-cache.js";

const alice: UserInfo = { name: "alice", uid: "1", groups: ["g"], extra: {} };

function countingReviewer(
  answer: (token: string) => Promise<TokenVerdict>,
): TokenReviewer & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    reviewToken(token) {
      asked.push(token);
      return answer(token);
    },
  };
}

describe("bearer tokens", () => {
  it("come from the Authorization header, whatever the case of the scheme", () => {
    expect(tokenOf({ authorization: "Bearer abc" })).to.equal("abc");
    expect(tokenOf({ authorization: " bearer abc rest" })).to.equal("abc");
    expect(tokenOf({ authorization: "Basic abc" })).to.equal(undefined);
    expect(tokenOf({ authorization: "Bearer " })).to.equal(undefined);
    expect(tokenOf({})).to.equal(undefined);
  });

  it("come from the WebSocket subprotocol too", () => {
    const encoded = Buffer.from("abc").toString("base64url");
    const header = `v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.${encoded}`;
    expect(tokenOf({ "sec-websocket-protocol": header })).to.equal("abc");
    expect(tokenOf({ "sec-websocket-protocol": "v5.channel.k8s.io" })).to.equal(undefined);
  });

  it("are reviewed once in two minutes, accepted or not", async () => {
    const clock = createFakeClock();
    const reviewer = countingReviewer(async (token) =>
      token === "good" ? { kind: "authenticated", user: alice } : { kind: "rejected" },
    );
    const authenticate = createTokenAuthenticator(reviewer, clock);
    for (const token of ["good", "bad", "good", "bad"]) await authenticate(token);
    expect(reviewer.asked).to.deep.equal(["good", "bad"]);
    clock.advance(119_999);
    await authenticate("good");
    expect(reviewer.asked).to.have.length(2);
    clock.advance(1);
    expect(await authenticate("good")).to.deep.equal({ kind: "authenticated", user: alice });
    expect(reviewer.asked).to.have.length(3);
  });

  it("share one review when they come at the same time", async () => {
    const { promise, resolve } = Promise.withResolvers<TokenVerdict>();
    const reviewer = countingReviewer(() => promise);
    const authenticate = createTokenAuthenticator(reviewer, createFakeClock());
    const both = Promise.all([authenticate("t"), authenticate("t")]);
    resolve({ kind: "rejected" });
    expect(await both).to.deep.equal([{ kind: "rejected" }, { kind: "rejected" }]);
    expect(reviewer.asked).to.have.length(1);
  });

  it("are asked about again after a failure", async () => {
    let fails = true;
    const reviewer = countingReviewer(async () => {
      if (fails) throw new Error("no API server");
      return { kind: "rejected" };
    });
    const authenticate = createTokenAuthenticator(reviewer, createFakeClock());
    const failure = await authenticate("t").catch((error: unknown) => error);
    expect(failure).to.be.an("error").with.property("message", "no API server");
    fails = false;
    expect(await authenticate("t")).to.deep.equal({ kind: "rejected" });
  });

  it("fail when no answer comes in ten seconds", async () => {
    const clock = createFakeClock();
    const signals: AbortSignal[] = [];
    const reviewer: TokenReviewer = {
      reviewToken: (_token, signal) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    };
    const outcome = createTokenAuthenticator(reviewer, clock)("t").catch((error: unknown) => error);
    clock.advance(10_000);
    expect(await outcome)
      .to.be.an("error")
      .with.property("message", "no answer within 10000 ms");
    expect(signals[0]?.aborted).to.equal(true);
    expect(clock.sleepers()).to.equal(0);
  });
});

describe("the static token of standalone mode", () => {
  it("accepts itself and nothing else", async () => {
    const reviewer = createStaticTokenReviewer("0123456789abcdef", alice);
    const signal = new AbortController().signal;
    expect(await reviewer.reviewToken("0123456789abcdef", signal)).to.deep.equal({
      kind: "authenticated",
      user: alice,
    });
    expect(await reviewer.reviewToken("0123456789abcdeF", signal)).to.deep.equal({ kind: "rejected" });
  });

  it("refuses to be short", () => {
    expect(() => createStaticTokenReviewer("short", alice)).to.throw("at least 16 characters");
  });
});

describe("the cache of answers", () => {
  it("drops the oldest answer above its size", async () => {
    const cache = createTtlCache<string>({ clock: createFakeClock(), maxEntries: 2, ttlMs: () => 1000 });
    let loads = 0;
    const get = (key: string): Promise<string> =>
      cache.get(key, async () => {
        loads += 1;
        return key;
      });
    for (const key of ["a", "b", "c", "c", "b"]) await get(key);
    expect(loads).to.equal(3);
    await get("a");
    expect(loads).to.equal(4);
  });
});
