import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { tempFolder } from "../engine/testing/temp-folder.js";
import { hostDNS, parseResolvConf, reachableDNS } from "./host-dns.js";

describe("hostDNS", () => {
  it("reads servers, the last search line and the last value of each option", () => {
    const text = [
      "# a comment",
      "domain old.test",
      "search a.test",
      "nameserver 10.0.0.1",
      " nameserver\t10.0.0.2 ",
      "search b.test. . c.test",
      "options ndots:2 rotate",
      "options ndots:3",
      "",
    ].join("\n");
    expect(parseResolvConf(text)).to.deep.equal({
      servers: ["10.0.0.1", "10.0.0.2"],
      searches: ["b.test", "c.test"],
      options: ["rotate", "ndots:3"],
    });
  });

  it("takes no more servers than a resolver", () => {
    const lines = [1, 2, 3, 4].map((each) => `nameserver 10.0.0.${String(each)}`);
    expect(parseResolvConf(lines.join("\n")).servers).to.have.length(3);
  });

  it("is not known without the file", () => {
    expect(hostDNS("/no/such/file")).to.equal(undefined);
  });
});

describe("reachableDNS", () => {
  function serversOf(own: string, behind: string | undefined): readonly string[] | undefined {
    using folder = tempFolder();
    const [file, behindStub] = [join(folder.path, "own"), join(folder.path, "behind")];
    writeFileSync(file, own);
    if (behind !== undefined) writeFileSync(behindStub, behind);
    return reachableDNS(file, behindStub)?.servers;
  }

  it("is the host's own file", () => {
    expect(serversOf("nameserver 10.0.0.1\n", "nameserver 10.0.0.2\n")).to.deep.equal(["10.0.0.1"]);
  });

  it("is what lies behind a stub that only the host reaches, where that is known", () => {
    expect(serversOf("nameserver 127.0.0.53\n", "nameserver 10.0.0.2\n")).to.deep.equal(["10.0.0.2"]);
    expect(serversOf("nameserver 127.0.0.53\n", undefined)).to.deep.equal(["127.0.0.53"]);
  });
});
