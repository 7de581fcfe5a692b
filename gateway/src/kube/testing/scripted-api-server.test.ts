import { expect } from "chai";
import { Agent, request } from "undici";
import { hangUp, json, startScriptedApiServer, status, watchLines } from "./scripted-api-server.js";

describe("the scripted API server (fake)", () => {
  it("answers in the order of the script, keeps the last answer, and remembers what it got", async () => {
    await using server = await startScriptedApiServer();
    const agent = new Agent({ connect: { ca: server.ca } });
    server.script(json({ a: 1 }), status(404, "NotFound", { "retry-after": "2" }));
    const first = await request(`${server.url}/x?y=1`, { dispatcher: agent, method: "POST", body: "hello" });
    expect(await first.body.json()).to.deep.equal({ a: 1 });
    for (const _ of [1, 2]) {
      const next = await request(`${server.url}/z`, { dispatcher: agent });
      expect(next.statusCode).to.equal(404);
      expect(next.headers["retry-after"]).to.equal("2");
      expect(await next.body.json()).to.deep.include({ kind: "Status", reason: "NotFound" });
    }
    await agent.destroy();
    expect(server.received[0]).to.deep.include({ method: "POST", path: "/x?y=1", body: "hello", client: "" });
  });

  it("streams lines and ends, resets or hangs up as told", async () => {
    await using server = await startScriptedApiServer();
    const agent = new Agent({ connect: { ca: server.ca } });
    server.script(watchLines([{ a: 1 }, "raw"], "end"), watchLines([{ a: 2 }], "reset"), hangUp);
    const ended = await request(server.url, { dispatcher: agent });
    expect(await ended.body.text()).to.equal('{"a":1}\nraw');
    const reset = await request(server.url, { dispatcher: agent });
    expect(await reset.body.text().catch(() => "broken")).to.equal("broken");
    expect(await request(server.url, { dispatcher: agent }).catch(() => "hung up")).to.equal("hung up");
    await agent.destroy();
  });
});
