import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { expect } from "chai";
import { parseBundle } from "../auth/certificate.js";
import { eventually } from "../testing/eventually.js";
import { createFakeClock, type FakeClock } from "../testing/fake-clock.js";
import { createAuthority, createServing, type Identity } from "../testing/pki.js";
import { type FileSourceOptions, readCaFiles, readCertificateFiles } from "./files.js";
import { createSelfSignedSource } from "./self-signed.js";

describe("certificates in files", () => {
  let folder: string;
  let clock: FakeClock;
  let authority: Identity;
  let stop: AbortController;
  let warnings: string[];
  let options: FileSourceOptions;
  const path = (name: string): string => join(folder, name);

  before(async () => {
    authority = await createAuthority("ca");
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "outboard-certificates-"));
    clock = createFakeClock();
    stop = new AbortController();
    warnings = [];
    options = { clock, logger: { info: () => {}, warn: (fields) => void warnings.push(JSON.stringify(fields)) } };
  });
  afterEach(async () => {
    stop.abort();
    await rm(folder, { recursive: true });
  });

  async function writeServing({ cert, key }: { cert: string; key: string }): Promise<void> {
    await Promise.all([writeFile(path("tls.crt"), cert), writeFile(path("tls.key"), key)]);
  }

  async function nextRead(): Promise<void> {
    await eventually("the source waits", () => clock.sleepers() === 1);
    clock.advance(10_000);
    await eventually("the source waits again", () => clock.sleepers() === 1);
  }

  it("are read again when they change, and listeners hear of it", async () => {
    const [first, second] = [await createServing(authority, "first"), await createServing(authority, "second")];
    await writeServing(first);
    const source = await readCertificateFiles(path("tls.crt"), path("tls.key"), options);
    let changes = 0;
    const unwatch = source.onChange(() => {
      changes += 1;
    });
    void source.run?.(stop.signal);
    expect(source.current()?.cert).to.equal(first.cert);
    await nextRead();
    expect(changes).to.equal(0);
    await writeServing(second);
    await nextRead();
    expect(source.current()?.cert).to.equal(second.cert);
    expect(changes).to.equal(1);
    unwatch();
  });

  it("keep their last good version when the new one does not fit together, until it does", async () => {
    const [first, second] = [await createServing(authority), await createServing(authority)];
    await writeServing(first);
    const source = await readCertificateFiles(path("tls.crt"), path("tls.key"), options);
    void source.run?.(stop.signal);
    await writeFile(path("tls.crt"), second.cert);
    await nextRead();
    expect(source.current()?.cert).to.equal(first.cert);
    expect(warnings.join()).to.include("cannot be used");
    expect(warnings.join()).to.not.include("PRIVATE KEY");
    await writeFile(path("tls.key"), second.key);
    await nextRead();
    expect(source.current()?.cert).to.equal(second.cert);
  });

  it("must be there and fit together at the start", async () => {
    const missing = await readCertificateFiles(path("tls.crt"), path("tls.key"), options).catch(
      (error: unknown) => error,
    );
    expect(missing).to.be.an("error").with.property("message").that.includes("tls.crt");
    await writeServing({ cert: authority.cert, key: "nonsense" });
    const broken = await readCertificateFiles(path("tls.crt"), path("tls.key"), options).catch(
      (error: unknown) => error,
    );
    expect(broken).to.be.an("error").with.property("message").that.includes("tls.key");
  });

  it("may be several bundles of authorities, each with something in it", async () => {
    const other = await createAuthority("other");
    await Promise.all([writeFile(path("a.crt"), authority.cert), writeFile(path("b.crt"), other.cert)]);
    const source = await readCaFiles([path("a.crt"), path("b.crt")], options);
    expect(parseBundle(source.current()).map(({ commonNames }) => commonNames[0])).to.deep.equal(["ca", "other"]);
    await writeFile(path("b.crt"), "nothing");
    const empty = await readCaFiles([path("a.crt"), path("b.crt")], options).catch((error: unknown) => error);
    expect(empty).to.be.an("error").with.property("message").that.includes("b.crt holds no certificate");
  });
});

describe("the self-signed certificate", () => {
  it("names the hosts, is valid for a year, and is announced in the log", async () => {
    const warnings: string[] = [];
    const clock = createFakeClock(Date.parse("2026-11-25T00:00:00Z"));
    const logger = { warn: (_fields: object, text: string) => void warnings.push(text) };
    const source = await createSelfSignedSource({ hosts: ["node-1", "10.0.0.1"], clock, logger });
    const certificate = new X509Certificate(source.current()?.cert ?? "");
    expect(certificate.subject).to.equal("CN=node-1@1795564800");
    expect(certificate.subjectAltName).to.equal("DNS:node-1, IP Address:10.0.0.1");
    expect(Date.parse(certificate.validTo)).to.equal(Date.parse("2027-11-25T00:00:00Z"));
    expect(certificate.ca).to.equal(false);
    expect(warnings.join()).to.include("self-signed");
  });
});
