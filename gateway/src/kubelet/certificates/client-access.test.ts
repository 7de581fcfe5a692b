import { X509Certificate } from "node:crypto";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { createTempFolder } from "../../testing/temp-folder.js";
import { parseBundle, userOf } from "../auth/certificate.js";
import { verifyChain } from "../auth/certificate-chain.js";
import { type ClientAccess, openClientAccess } from "./client-access.js";

const NOW = Date.UTC(2026, 0, 1);
const YEAR_MS = 365 * 24 * 3_600_000;

function textsOf(files: ClientAccess): readonly string[] {
  return [files.ca, files.cert, files.key].map((file) => readFileSync(file, "utf8"));
}

describe("access for one client of a kubelet API", () => {
  it("is a certificate that its authority vouches for", async () => {
    using temp = createTempFolder();
    const files = await openClientAccess(temp.at("state"), NOW);
    const [leaf] = parseBundle(readFileSync(files.cert, "utf8"));
    if (leaf === undefined) throw new Error("no certificate");
    const roots = parseBundle(readFileSync(files.ca, "utf8"));
    expect(verifyChain({ leaf, intermediates: [], roots, now: NOW })).to.have.property("kind", "good");
    expect(userOf(leaf)).to.have.property("name", "outboard-standalone");
  });

  it("is readable by its owner only, and the authority's key is nowhere", async () => {
    using temp = createTempFolder();
    const files = await openClientAccess(temp.path, NOW);
    for (const file of Object.values(files)) expect(statSync(file as string).mode & 0o777).to.equal(0o600);
    const ca = new X509Certificate(readFileSync(files.ca));
    const key = readFileSync(files.key, "utf8");
    expect(key.match(/PRIVATE KEY/g)).to.have.length(2);
    expect(readFileSync(files.ca, "utf8")).to.not.contain("PRIVATE KEY");
    expect(ca.ca).to.equal(true);
  });

  it("stays the same over a restart", async () => {
    using temp = createTempFolder();
    const before = textsOf(await openClientAccess(temp.path, NOW));
    expect(textsOf(await openClientAccess(temp.path, NOW + YEAR_MS))).to.deep.equal(before);
  });

  it("is made anew near its end", async () => {
    using temp = createTempFolder();
    const before = textsOf(await openClientAccess(temp.path, NOW));
    const after = textsOf(await openClientAccess(temp.path, NOW + 10 * YEAR_MS));
    for (const [index, text] of after.entries()) expect(text).to.not.equal(before[index]);
  });

  it("is made anew when a part of it is missing, broken or of another making", async () => {
    using temp = createTempFolder();
    using other = createTempFolder();
    const files = await openClientAccess(temp.path, NOW);
    const strange = await openClientAccess(other.path, NOW);
    const breaks: readonly (() => void)[] = [
      () => rmSync(files.key),
      () => writeFileSync(files.cert, "rubbish"),
      () => writeFileSync(files.ca, readFileSync(strange.ca)),
      () => writeFileSync(files.key, readFileSync(strange.key)),
    ];
    for (const damage of breaks) {
      damage();
      const [ca, cert, key] = textsOf(await openClientAccess(temp.path, NOW));
      expect(new X509Certificate(cert ?? "").verify(new X509Certificate(ca ?? "").publicKey)).to.equal(true);
      expect(key).to.contain("PRIVATE KEY");
    }
  });
});
