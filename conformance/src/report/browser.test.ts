import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { toHtml } from "./html.js";
import { REPORT, result } from "./sample.js";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"];

describe("the HTML report in a browser", function () {
  this.timeout(60_000);
  let folder = "";
  let server: Server;
  const asked: string[] = [];

  before(async function () {
    if (!existsSync(CHROMIUM)) this.skip();
    folder = mkdtempSync(path.join(tmpdir(), "obct-"));
    server = createServer(({ url }, response) => {
      asked.push(url ?? "");
      response.end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
  });

  after(() => {
    server?.close();
    if (folder !== "") rmSync(folder, { recursive: true, force: true });
  });

  /** The page after its script ran. */
  async function shown(html: string, hash = ""): Promise<string> {
    const file = path.join(folder, "report.html");
    writeFileSync(file, html);
    const flags = [...FLAGS, `--user-data-dir=${folder}/profile`, "--dump-dom", `${pathToFileURL(file).href}${hash}`];
    return (await promisify(execFile)(CHROMIUM, flags)).stdout;
  }

  it("shows every result, and those of a filter alone", async () => {
    const html = toHtml(REPORT);
    expect(await shown(html)).to.contain("4 shown");
    const failed = await shown(html, "#o=fail");
    expect(failed).to.contain("1 shown");
    expect(failed.match(/<tr class="[a-z-]+" hidden/g)).to.have.length(3);
    expect(await shown(html, "#q=no-such-text")).to.contain(">0 shown");
  });

  it("loads nothing, whatever a provider says", async () => {
    const { port } = server.address() as AddressInfo;
    const evil = `<img src="http://127.0.0.1:${port}/asked"><script src="http://127.0.0.1:${port}/run"></script>`;
    const results = [{ ...result("a", "fail", "late"), message: evil, trace: [evil] }];
    expect(await shown(toHtml({ ...REPORT, provider: { ...REPORT.provider, name: evil }, results }))).to.contain(
      "1 shown",
    );
    const unescaped = toHtml(REPORT).replace("<h1>", `${evil}<h1>`);
    expect(await shown(unescaped)).to.contain("4 shown");
    expect(asked).to.deep.equal([]);
  });
});
