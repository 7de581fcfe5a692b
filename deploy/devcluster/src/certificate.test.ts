import { X509Certificate } from "node:crypto";
import { expect } from "chai";
import { createAuthority, issue } from "./certificate.js";

const NOW = new Date("2026-03-04T05:06:07Z");

describe("issue", () => {
  const authority = createAuthority("test-ca", NOW);
  const ca = new X509Certificate(authority.certificatePem);

  it("makes a CA that signed itself", () => {
    expect(ca.ca).to.equal(true);
    expect(ca.verify(ca.publicKey)).to.equal(true);
  });

  it("makes server certificates that the CA signed, with their names", () => {
    const request = {
      commonName: "srv",
      usage: "server",
      ipAddresses: ["127.0.0.1"],
      dnsNames: ["localhost"],
    } as const;
    const leaf = new X509Certificate(issue(authority, request, NOW).certificatePem);
    expect(leaf.verify(ca.publicKey)).to.equal(true);
    expect(leaf.checkIssued(ca)).to.equal(true);
    expect(leaf.ca).to.equal(false);
    expect(leaf.checkIP("127.0.0.1")).to.equal("127.0.0.1");
    expect(leaf.checkHost("localhost")).to.equal("localhost");
    expect(leaf.keyUsage).to.deep.equal(["1.3.6.1.5.5.7.3.1"]);
  });

  it("puts every organization into the subject of a client certificate", () => {
    const request = { commonName: "system:node:n1", organizations: ["system:nodes", "b"], usage: "client" } as const;
    const leaf = new X509Certificate(issue(authority, request, NOW).certificatePem);
    expect(leaf.subject).to.equal("O=system:nodes\nO=b\nCN=system:node:n1");
    expect(leaf.keyUsage).to.deep.equal(["1.3.6.1.5.5.7.3.2"]);
  });

  it("is valid a little before now, so that a clock that lags does not refuse it, and for a year", () => {
    const leaf = new X509Certificate(issue(authority, { commonName: "x", usage: "client" }, NOW).certificatePem);
    expect(leaf.validFromDate.toISOString()).to.equal("2026-03-04T04:06:07.000Z");
    expect(leaf.validToDate.toISOString()).to.equal("2027-03-04T05:06:07.000Z");
  });
});
