import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { line, streamOf } from "../testing/scripted-logs.js";
import { createLogRenderer } from "./renderer.js";
import { sendLog } from "./send.js";

describe("sending a log", () => {
  it("ends apart from the last lines, for readers that drop what comes together with an end", async () => {
    const turns: string[] = [];
    const server = createServer((_, response) => {
      const write = response.write.bind(response);
      const end = response.end.bind(response);
      response.write = ((bytes: Uint8Array) => {
        turns.push("lines");
        setImmediate(() => turns.push("a turn of the event loop"));
        return write(bytes);
      }) as typeof response.write;
      response.end = (() => {
        turns.push("end");
        return end();
      }) as typeof response.end;
      const renderer = createLogRenderer({ timestamps: false, skipLines: 0 });
      void sendLog(response, streamOf([line("alive")]), renderer, new AbortController().signal);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    expect(await answer.text()).to.equal("alive\n");
    expect(turns).to.deep.equal(["lines", "a turn of the event loop", "end"]);
    server.close();
  });
});
