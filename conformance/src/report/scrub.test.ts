import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { MEMORY_COMMAND, program, temporaryFolder } from "../cli/testing/program.js";
import { result } from "./sample.js";
import { scrubber, scrubResult } from "./scrub.js";

const SECRET = 'canary-7f31-"quoted"-and-long';

describe("secrets in what the suite says", () => {
  it("are taken out in plain, quoted, base64 and hexadecimal form", () => {
    const scrub = scrubber([SECRET]);
    const forms = [SECRET, JSON.stringify({ token: SECRET }), Buffer.from(SECRET).toString("base64")];
    for (const form of [...forms, Buffer.from(SECRET).toString("hex")])
      expect(scrub(`x ${form} y`)).to.not.match(/canary|Y2FuYXJ5|63616e/);
    const { message, trace } = scrubResult({ ...result("a", "fail"), message: SECRET, trace: [`-> ${SECRET}`] }, scrub);
    expect([message, trace]).to.deep.equal(["[redacted]", ["-> [redacted]"]]);
  });

  it("leave words alone", () => {
    expect(scrubber(["debug", ""])("debug it")).to.equal("debug it");
  });

  it("appear nowhere, though the provider prints its own and dies of it", async () => {
    using folder = temporaryFolder();
    const config = path.join(folder.path, "c.yaml");
    const pidFile = path.join(folder.path, "pid");
    const script = `echo $$ > ${pidFile}; echo "token is $TOKEN"; exec ${MEMORY_COMMAND.join(" ")} --listen {endpoint}`;
    const dies = { schema: "outboard-conformance/v1", kit: "memory" };
    writeFileSync(
      config,
      JSON.stringify({
        ...dies,
        target: { launch: { command: ["sh", "-c", script], env: { TOKEN: "env:CI_TOKEN" } } },
        reports: { dir: path.join(folder.path, "out") },
        select: { tests: ["WATCH-09/heartbeat", "GET-01/unknown", "INPUT-01/env"] },
      }),
    );
    let isKilled = false;
    const { code, out, err } = await program(["run", "--config", config, "-v"], {
      env: { CI_TOKEN: SECRET },
      onText: (text) => {
        if (isKilled || !text.includes("GET-01/")) return;
        isKilled = true;
        process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
      },
    });
    expect(code, out + err).to.equal(1);
    expect(out).to.contain("(crash) the provider ended by SIGKILL; its last output: token is [redacted]");
    const texts = readdirSync(path.join(folder.path, "out")).map((file) =>
      readFileSync(path.join(folder.path, "out", file), "utf8"),
    );
    expect(texts).to.have.length(6);
    for (const text of [out, err, ...texts])
      expect(text).to.not.contain("canary-7f31").and.not.contain(Buffer.from(SECRET).toString("base64").slice(0, 20));
  }).timeout(180_000);
});
