import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "chai";

const run = promisify(execFile);

/** In a process of its own: in this one a test may have loaded undici as a whole, which changes its parts. */
async function inNewProcess(script: string): Promise<string> {
  const parts = new URL("./undici-parts.js", import.meta.url).href;
  const text = `
    import { createServer } from "node:http";
    import { createRequire } from "node:module";
    const parts = await import(${JSON.stringify(parts)});
    const server = createServer((request, response) => response.end("for " + request.url));
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const origin = "http://127.0.0.1:" + server.address().port;
    ${script}
    server.closeAllConnections();
    server.close();`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", text]);
  return stdout.trim();
}

describe("the parts of undici", () => {
  it("ask for a stream without the rest of it", async () => {
    const said = await inNewProcess(`
      const pool = new parts.Pool(origin);
      const { statusCode, body } = await parts.openAnswer(pool, { method: "GET", path: "/a" });
      console.log(statusCode, await body.text(), typeof pool.fetch, typeof pool.request);
      await pool.close();`);
    expect(said).to.equal("200 for /a undefined undefined");
  });

  it("make an agent for a proxy", async () => {
    const said = await inNewProcess(`
      const agent = parts.createProxyAgent({ uri: origin, proxyTunnel: false });
      const { body } = await parts.openAnswer(agent, { origin: "http://example.test", method: "GET", path: "/b" });
      console.log(await body.text());
      await agent.close();`);
    expect(said).to.equal("for http://example.test/b");
  });
});
