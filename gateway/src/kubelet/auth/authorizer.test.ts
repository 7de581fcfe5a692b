import { expect } from "chai";
import type { AccessQuestion, UserInfo } from "../../ports/auth.js";
import { createFakeClock, type FakeClock } from "../testing/fake-clock.js";
import { type Authorizer, createAuthorizer, verbOf } from "./authorizer.js";

const user: UserInfo = { name: "alice", uid: "", groups: ["g"], extra: {} };

interface Subject {
  readonly authorize: Authorizer;
  readonly clock: FakeClock;
  readonly asked: AccessQuestion[];
}

function subject(allows: (question: AccessQuestion) => boolean): Subject {
  const clock = createFakeClock();
  const asked: AccessQuestion[] = [];
  const reviewer = {
    reviewAccess: async (question: AccessQuestion) => {
      asked.push(question);
      return allows(question);
    },
  };
  return { authorize: createAuthorizer(reviewer, "node-1", clock), clock, asked };
}

describe("the authorizer", () => {
  it("asks for the node's subresource with the verb of the method", async () => {
    const { authorize, asked } = subject(() => true);
    expect(await authorize({ user, method: "POST", subresources: ["proxy"] })).to.deep.equal({ kind: "allowed" });
    expect(asked).to.deep.equal([{ user, verb: "create", nodeName: "node-1", subresource: "proxy" }]);
  });

  it("knows the verbs of the kubelet and no others", () => {
    const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW"];
    expect(methods.map(verbOf)).to.deep.equal(["get", "create", "update", "patch", "delete", "", "", ""]);
  });

  it("takes the first candidate that is allowed and asks no further", async () => {
    const { authorize, asked } = subject(({ subresource }) => subresource === "pods");
    expect((await authorize({ user, method: "GET", subresources: ["pods", "proxy"] })).kind).to.equal("allowed");
    expect(asked).to.have.length(1);
  });

  it("falls back to the second candidate", async () => {
    const { authorize } = subject(({ subresource }) => subresource === "proxy");
    expect((await authorize({ user, method: "GET", subresources: ["pods", "proxy"] })).kind).to.equal("allowed");
  });

  it("names all candidates when none is allowed", async () => {
    const { authorize } = subject(() => false);
    expect(await authorize({ user, method: "HEAD", subresources: ["pods", "proxy"] })).to.deep.equal({
      kind: "denied",
      text: "Forbidden (user=alice, verb=, resource=nodes, subresource(s)=[pods proxy])\n",
    });
  });

  it("fails when a review fails, even with candidates left, and keeps nothing", async () => {
    let fails = true;
    const { authorize, asked } = subject(() => {
      if (fails) throw new Error("no API server");
      return true;
    });
    const failed = await authorize({ user, method: "GET", subresources: ["pods", "proxy"] });
    expect(failed).to.include({
      kind: "failed",
      text: "Authorization error (user=alice, verb=get, resource=nodes, subresource=pods)",
    });
    fails = false;
    expect((await authorize({ user, method: "GET", subresources: ["pods"] })).kind).to.equal("allowed");
    expect(asked).to.have.length(2);
  });

  it("keeps an allowed answer for five minutes", async () => {
    const { authorize, clock, asked } = subject(() => true);
    const ask = (): Promise<unknown> => authorize({ user, method: "GET", subresources: ["stats"] });
    await ask();
    clock.advance(299_999);
    await ask();
    expect(asked).to.have.length(1);
    clock.advance(1);
    await ask();
    expect(asked).to.have.length(2);
  });

  it("keeps a denied answer for thirty seconds", async () => {
    const { authorize, clock, asked } = subject(() => false);
    const ask = (): Promise<unknown> => authorize({ user, method: "GET", subresources: ["stats"] });
    await ask();
    clock.advance(29_999);
    await ask();
    expect(asked).to.have.length(1);
    clock.advance(1);
    await ask();
    expect(asked).to.have.length(2);
  });

  it("tells users, groups, verbs and subresources apart", async () => {
    const { authorize, asked } = subject(() => true);
    await authorize({ user, method: "GET", subresources: ["stats"] });
    await authorize({ user: { ...user, groups: ["h"] }, method: "GET", subresources: ["stats"] });
    await authorize({ user: { ...user, extra: { a: ["b"] } }, method: "GET", subresources: ["stats"] });
    await authorize({ user, method: "POST", subresources: ["stats"] });
    await authorize({ user, method: "GET", subresources: ["log"] });
    expect(asked).to.have.length(5);
  });
});
