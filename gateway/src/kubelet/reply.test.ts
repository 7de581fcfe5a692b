import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { replyJsonList, replyPieces } from "./reply.js";

/** What a client gets from a server that answers like this. */
async function answerOf(reply: (response: ServerResponse) => Promise<void>): Promise<Response & { text: string }> {
  const server = createServer((_request, response) => void reply(response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return Object.assign(answer.clone(), { text: await answer.text() }) as never;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const TEXT = { "Content-Type": "text/plain" };

describe("an answer in pieces", () => {
  it("that is short goes as a whole, with its length", async () => {
    const answer = await answerOf((response) => replyPieces(response, ["a", "b"], TEXT));
    expect(answer.text).to.equal("ab");
    expect(answer.headers.get("content-length")).to.equal("2");
    expect(answer.headers.get("content-type")).to.equal("text/plain");
  });

  it("lets others have their turn while it is made", async () => {
    const turns: number[] = [];
    let turn = 0;
    const tick = setInterval(() => (turn += 1), 0);
    function* pieces(): Generator<string> {
      for (let piece = 0; piece < 40; piece++) {
        turns.push(turn);
        const until = performance.now() + 2;
        while (performance.now() < until);
        yield String(piece % 10).repeat(70_000);
      }
    }
    const answer = await answerOf((response) => replyPieces(response, pieces(), TEXT));
    clearInterval(tick);
    expect(answer.text).to.have.length(40 * 70_000);
    expect(answer.headers.get("content-length")).to.equal(null);
    expect(new Set(turns).size).to.be.greaterThan(10);
  });

  it("is no longer made once the client has left", async () => {
    let made = 0;
    const left = Promise.withResolvers<void>();
    const server = createServer((_request, response) => {
      const pieces = (function* () {
        for (; made < 10_000; made++) yield "x".repeat(70_000);
      })();
      void replyPieces(response, pieces, TEXT).then(left.resolve);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = new AbortController();
    await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { signal: client.signal });
    client.abort();
    await left.promise;
    server.close();
    expect(made).to.be.lessThan(10_000);
  });

  it("can be a list of JSON values, an empty one too", async () => {
    const list = async (items: readonly object[]): Promise<unknown> =>
      JSON.parse(
        (await answerOf((response) => replyJsonList(response, { before: '{"a":[', items, after: "]}" }))).text,
      );
    expect(await list([])).to.deep.equal({ a: [] });
    expect(await list([{ b: 1 }, { c: [2] }])).to.deep.equal({ a: [{ b: 1 }, { c: [2] }] });
  });
});
