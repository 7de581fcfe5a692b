import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { expect } from "chai";
import { BasicConstraintsExtension, ExtendedKeyUsageExtension, ParsedCertificate } from "../certificates/x509.js";
import { createAuthority, createClient, createIdentity, USAGE } from "../testing/pki.js";
import { type Certificate, parseBundle, parseCertificate } from "./certificate.js";

type Facts = Omit<Certificate, "native" | "fingerprint" | "unsupported">;

/** The same facts, as a library for X.509 reads them. */
function factsByLibrary(pem: string): Facts {
  const parsed = new ParsedCertificate(pem);
  const basic = parsed.getExtension(BasicConstraintsExtension);
  return {
    notBefore: parsed.notBefore.getTime(),
    notAfter: parsed.notAfter.getTime(),
    isCa: basic?.ca ?? false,
    pathLength: basic?.pathLength,
    extendedKeyUsages: parsed.getExtension(ExtendedKeyUsageExtension)?.usages.map(String),
    weakSignature: parsed.signatureAlgorithm.hash?.name === "SHA-1",
    commonNames: parsed.subjectName.getField("CN"),
    organizations: parsed.subjectName.getField("O"),
    uids: parsed.subjectName.getField("1.3.6.1.4.1.57683.2"),
  };
}

function expectSame(pem: string): void {
  const { native, fingerprint: _1, unsupported: _2, ...facts } = parseCertificate(new X509Certificate(pem));
  expect(facts, native.subject).to.deep.equal(factsByLibrary(pem));
}

/** Signed with RSA-PSS, made by OpenSSL: of SHA-256, and of the default, which is SHA-1. */
const PSS_SHA256 = `-----BEGIN CERTIFICATE-----
MIICXjCCAZOgAwIBAgIUNj8+FnUM5e4nzhyAJhk8ttpLV8gwQQYJKoZIhvcNAQEK
MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEF
AKIDAgEgMAwxCjAIBgNVBAMMAXAwIBcNMjYxMTI3MTQyOTA0WhgPMjEyNjExMDMx
NDI5MDRaMAwxCjAIBgNVBAMMAXAwgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGB
AMiAUosV3+6YRMbcKU0/V+lD8XCRsZWzWETqHDT8/4sUE4NXJ8BwScFMax6dwtde
FwYXeizDVfaQ7cbA2wzmP/x5amkSKbG25/0Wkq4bzEB040pIkj5CuWBca0VYSH1C
SKvIvWerAv/bQshZnEy5zPqGBmppQ56aV/pkF/+dTLOfAgMBAAGjUzBRMB0GA1Ud
DgQWBBQvzkXo46uP/TrNIzEjKXXGvXLTnDAfBgNVHSMEGDAWgBQvzkXo46uP/TrN
IzEjKXXGvXLTnDAPBgNVHRMBAf8EBTADAQH/MEEGCSqGSIb3DQEBCjA0oA8wDQYJ
YIZIAWUDBAIBBQChHDAaBgkqhkiG9w0BAQgwDQYJYIZIAWUDBAIBBQCiAwIBIAOB
gQAyyqzwuJZoqAcJirR98kKHkwdd21gu5gADdySOE95r1yVm8vAUUaL2+M8HUL2+
h4E8PiUOH/Tu4RC8cLue+qEwhGaTwhpb/aqMmyhp0iDy6XYgkl7M9gzzY306eBW5
VHFq2VHJPDrNnyjjjV0sHFbhWU485eH1Nn8N4SdqreJntQ==
-----END CERTIFICATE-----`;
const PSS_SHA1 = `-----BEGIN CERTIFICATE-----
MIICADCCAWSgAwIBAgIUW+XhiGcKXo9epGjiaLoPvQA/6h4wEgYJKoZIhvcNAQEK
MAWiAwIBajAMMQowCAYDVQQDDAFwMCAXDTI2MTEyNzE0MjkwNFoYDzIxMjYxMTAz
MTQyOTA0WjAMMQowCAYDVQQDDAFwMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKB
gQDIgFKLFd/umETG3ClNP1fpQ/FwkbGVs1hE6hw0/P+LFBODVyfAcEnBTGsencLX
XhcGF3osw1X2kO3GwNsM5j/8eWppEimxtuf9FpKuG8xAdONKSJI+QrlgXGtFWEh9
QkiryL1nqwL/20LIWZxMucz6hgZqaUOemlf6ZBf/nUyznwIDAQABo1MwUTAdBgNV
HQ4EFgQUL85F6OOrj/06zSMxIyl1xr1y05wwHwYDVR0jBBgwFoAUL85F6OOrj/06
zSMxIyl1xr1y05wwDwYDVR0TAQH/BAUwAwEB/zASBgkqhkiG9w0BAQowBaIDAgFq
A4GBAGT6DspUqZHwD5fA7Lo9/aiDCUFJvxxlZI5D4NijL5vsdmkWnqRA4sNpknkP
zkU0bPOiXJV18ZbLUcpBfnAhuLemYjAkv+/5LQIA70N/5XYLN/YSalH2EPh56ipL
GA/0rJ4jxHSDusKiWtr3BrDmcD4KXySbSywXH+S4/debuuDA
-----END CERTIFICATE-----`;

describe("a certificate", () => {
  it("of every public authority says what a library for X.509 reads in it", () => {
    expect(rootCertificates.length).to.be.greaterThan(50);
    for (const pem of rootCertificates) expectSame(pem);
  });

  it("of ours says what a library for X.509 reads in it", async () => {
    const root = await createAuthority("root", { pathLength: 3 });
    const identities = [
      root,
      await createClient(root, "a", { organizations: ["g1", "g,2", "ö"] }),
      await createClient(root, "a", { usages: [USAGE.server, "2.5.29.37.0"] }),
      await createIdentity({ commonName: "" }),
    ];
    for (const { cert } of identities) expectSame(cert);
  });

  it("is weak when RSA-PSS signed it with SHA-1", () => {
    expect(parseBundle(PSS_SHA256).map(({ weakSignature }) => weakSignature)).to.deep.equal([false]);
    expect(parseBundle(PSS_SHA1).map(({ weakSignature }) => weakSignature)).to.deep.equal([true]);
  });
});
