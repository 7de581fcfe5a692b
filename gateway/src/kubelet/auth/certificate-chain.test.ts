import { expect } from "chai";
import { BasicConstraintsExtension, Extension } from "../certificates/x509.js";
import { createAuthority, createClient, createIdentity, type Identity, USAGE } from "../testing/pki.js";
import { parseBundle, userOf } from "./certificate.js";
import { type ChainVerdict, verifyChain } from "./certificate-chain.js";

const now = Date.now();
const HOUR_MS = 3_600_000;

describe("a client certificate", () => {
  let root: Identity;

  before(async () => {
    root = await createAuthority("root");
  });

  function verify(leaf: Identity, intermediates: readonly Identity[] = [], at: number = now): ChainVerdict {
    return verifyChain({
      leaf: parse(leaf),
      intermediates: intermediates.map(parse),
      roots: [parse(root)],
      now: at,
    });
  }

  function parse(identity: Identity): ReturnType<typeof parseBundle>[number] {
    const [certificate] = parseBundle(identity.cert);
    if (certificate === undefined) throw new Error("no certificate");
    return certificate;
  }

  const kind = (verdict: ChainVerdict): string => (verdict.kind === "good" ? "good" : verdict.reason);
  const STRANGER = "the certificate comes from no known authority";

  it("is good when a known authority signed it for clients", async () => {
    expect(kind(verify(await createClient(root, "a")))).to.equal("good");
  });

  it("is good with any usage, or with no usage named", async () => {
    expect(kind(verify(await createClient(root, "a", { usages: ["2.5.29.37.0"] })))).to.equal("good");
    expect(kind(verify(await createClient(root, "a", { usages: [] })))).to.equal("good");
  });

  it("is bad when it is for servers only", async () => {
    expect(kind(verify(await createClient(root, "a", { usages: [USAGE.server] })))).to.equal(
      "the certificate is not for clients",
    );
  });

  it("is bad before and after its time", async () => {
    const leaf = await createClient(root, "a");
    expect(kind(verify(leaf, [], now - 2 * HOUR_MS))).to.equal("the certificate is not valid yet");
    expect(kind(verify(leaf, [], now + 2 * HOUR_MS))).to.equal("the certificate has expired");
  });

  it("is bad when another authority of the same name signed it", async () => {
    const impostor = await createAuthority("root");
    expect(kind(verify(await createClient(impostor, "a")))).to.equal(STRANGER);
  });

  it("is bad when it signed itself", async () => {
    expect(kind(verify(await createIdentity({ commonName: "a" })))).to.equal(STRANGER);
  });

  it("is good through authorities that the client sends", async () => {
    const middle = await createAuthority("middle", { issuer: root });
    const leaf = await createClient(middle, "a");
    expect(kind(verify(leaf, [middle]))).to.equal("good");
    expect(kind(verify(leaf))).to.equal(STRANGER);
  });

  it("is bad when the certificate between is no authority", async () => {
    const middle = await createClient(root, "middle");
    expect(kind(verify(await createClient(middle, "a"), [middle]))).to.equal(STRANGER);
  });

  it("is bad when an authority between has expired", async () => {
    const middle = await createAuthority("middle", {
      issuer: root,
      notBefore: new Date(now - 3 * HOUR_MS),
      notAfter: new Date(now - 2 * HOUR_MS),
    });
    expect(kind(verify(await createClient(middle, "a"), [middle]))).to.equal(STRANGER);
  });

  it("is bad when an authority between is for servers only", async () => {
    const { ExtendedKeyUsageExtension } = await import("../certificates/x509.js");
    const extensions = [new ExtendedKeyUsageExtension([USAGE.server])];
    const middle = await createAuthority("middle", { issuer: root, extensions });
    expect(kind(verify(await createClient(middle, "a"), [middle]))).to.equal(STRANGER);
  });

  it("is bad when more authorities are between than one of them allows", async () => {
    const upper = await createAuthority("upper", { issuer: root, pathLength: 0 });
    const lower = await createAuthority("lower", { issuer: upper });
    expect(kind(verify(await createClient(upper, "a"), [upper]))).to.equal("good");
    expect(kind(verify(await createClient(lower, "a"), [lower, upper]))).to.equal(STRANGER);
  });

  it("is bad with a critical extension that nobody knows", async () => {
    const extensions = [new Extension("1.2.3.4.5", true, new Uint8Array([5, 0]))];
    expect(kind(verify(await createClient(root, "a", { extensions })))).to.equal(
      "the certificate has the extension 1.2.3.4.5, which is not supported",
    );
  });

  it("is bad under an authority with name constraints, which are not looked at", async () => {
    const extensions = [new Extension("2.5.29.30", true, new Uint8Array([0x30, 0]))];
    const middle = await createAuthority("middle", { issuer: root, extensions });
    expect(kind(verify(await createClient(middle, "a"), [middle]))).to.equal(STRANGER);
  });

  it("may itself be in the bundle", async () => {
    const leaf = await createClient(await createAuthority("elsewhere"), "a");
    expect(verifyChain({ leaf: parse(leaf), intermediates: [], roots: [parse(leaf)], now }).kind).to.equal("good");
  });

  it("does not make the search endless when authorities sign each other", async () => {
    const first = await createAuthority("first");
    const second = await createIdentity({
      commonName: "second",
      issuer: first,
      extensions: [new BasicConstraintsExtension(true, undefined, true)],
    });
    expect(kind(verify(await createClient(second, "a"), [first, second]))).to.equal(STRANGER);
  });

  it("names a user by common name and groups by organizations, whatever is in them", async () => {
    const leaf = await createClient(root, "a,O=system:masters\nO=x", { organizations: ["g1", "g,2"] });
    const user = userOf(parse(leaf));
    expect(user).to.include({ name: "a,O=system:masters\nO=x", uid: "" });
    expect(user?.groups).to.deep.equal(["g1", "g,2"]);
    expect(user?.extra["authentication.kubernetes.io/credential-id"]?.[0]).to.match(/^X509SHA256=[0-9a-f]{64}$/);
  });

  it("names nobody without a common name", async () => {
    expect(userOf(parse(await createClient(root, "")))).to.equal(undefined);
  });
});
