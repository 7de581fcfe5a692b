import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import type { Address } from "./address.js";
import type { TlsFiles } from "./certificate-files.js";
import { type Authority, makeAuthority, writeFiles } from "./certificates.test.js";
import { connect, openChannel } from "./client.js";
import type { ClientSecurity } from "./credentials.js";
import { calm, ECHO, eventually, rejection, tempFolder, TestService } from "./harness.test.js";
import { createServer } from "./server.js";
import { Code } from "./status.js";

const LOCAL: Address = { kind: "tcp", host: "127.0.0.1", port: 0 };

describe("TCP without a decision", () => {
  it("is refused on both sides", async () => {
    const server = createServer({ onInternalError: () => {} });
    const sentence = "TCP needs mutual TLS (cert, key, ca) or the explicit insecure flag";
    expect(await rejection(server.listen(LOCAL)))
      .to.have.property("message")
      .that.contains(sentence);
    expect(() => openChannel({ address: { ...LOCAL, port: 1 } })).to.throw(`tcp://127.0.0.1:1: ${sentence}`);
  });

  it("works with the explicit insecure flag", async () => {
    const server = createServer({ onInternalError: () => {} });
    server.add(TestService, ECHO);
    const address = await server.listen(LOCAL, { kind: "insecure" });
    expect(await call(address, { kind: "insecure" })).to.equal("ok");
    await server.shutdown(0);
  });
});

describe("mutual TLS", () => {
  it("connects peers that trust each other", async () => {
    await using peers = await tlsPeers();
    expect(await call(peers.address, peers.client)).to.equal("ok");
  });

  it("refuses a client without a certificate of the CA", async () => {
    await using peers = await tlsPeers();
    const stranger = await peers.files("stranger", makeAuthority("other"), peers.authority);
    expect(await call(peers.address, { kind: "mtls", files: stranger })).to.equal(Code.UNAVAILABLE);
  });

  it("refuses a plain-text client", async () => {
    await using peers = await tlsPeers();
    expect(await call(peers.address, { kind: "insecure" })).to.equal(Code.UNAVAILABLE);
  });

  it("refuses a server that the client does not trust", async () => {
    await using peers = await tlsPeers();
    const distrustful = await peers.files("distrustful", peers.authority, makeAuthority("other"));
    expect(await call(peers.address, { kind: "mtls", files: distrustful })).to.equal(Code.UNAVAILABLE);
  });

  it("refuses a server with another name, unless the client expects that name", async () => {
    await using peers = await tlsPeers();
    const files = peers.client.kind === "mtls" ? peers.client.files : undefined;
    if (files === undefined) throw new Error("the client has files");
    expect(await call(peers.address, { kind: "mtls", files, serverName: "elsewhere" })).to.equal(Code.UNAVAILABLE);
    expect(await call(peers.address, { kind: "mtls", files, serverName: "localhost" })).to.equal("ok");
  });

  it("takes new certificates and a new CA without a restart", async () => {
    await using peers = await tlsPeers();
    using channel = openChannel({ address: peers.address, credentials: peers.client });
    const client = connect(TestService, channel);
    expect((await client.once({ text: "before" }, calm())).text).to.equal("before");
    const next = makeAuthority("next");
    await peers.files("server", next);
    const late = await peers.files("late", next);
    await settled(
      async () => (await call(peers.address, { kind: "mtls", files: late })) === "ok",
      "the server takes the new CA",
    );
    expect(await call(peers.address, peers.client), "an old client makes no new connection").to.equal(Code.UNAVAILABLE);
    expect((await client.once({ text: "still" }, calm())).text, "an old connection goes on").to.equal("still");
    await peers.files("client", next);
    await settled(async () => (await call(peers.address, peers.client)) === "ok", "the renewed client connects");
  });

  it("keeps the last valid files through a half-done replacement", async () => {
    await using peers = await tlsPeers();
    const other = await peers.files("other", makeAuthority("other"));
    await writeFile(peers.serverFiles.key, "no key");
    await rm(peers.serverFiles.ca);
    await new Promise((resolve) => setTimeout(resolve, 80)); // four readings
    expect(await call(peers.address, peers.client)).to.equal("ok");
    expect(await call(peers.address, { kind: "mtls", files: other })).to.equal(Code.UNAVAILABLE);
  });

  it("names the file that is missing, and files that do not fit together", async () => {
    await using peers = await tlsPeers();
    const server = createServer({ onInternalError: () => {} });
    const files = { ...peers.serverFiles, key: "/nowhere/tls.key" };
    expect(await rejection(server.listen(LOCAL, { kind: "mtls", files }))).to.have.property(
      "message",
      "TLS file /nowhere/tls.key: cannot be read",
    );
    const other = await peers.files("other", peers.authority);
    const mixed = { ...peers.serverFiles, key: other.key };
    expect(await rejection(server.listen(LOCAL, { kind: "mtls", files: mixed })))
      .to.have.property("message")
      .that.contains("no matching");
  });
});

interface Peers extends AsyncDisposable {
  readonly authority: Authority;
  readonly address: Address;
  readonly client: ClientSecurity;
  readonly serverFiles: TlsFiles;
  /** Writes a set of files into a folder of its own. */
  files(name: string, issuer: Authority, trusted?: Authority): Promise<TlsFiles>;
}

async function tlsPeers(): Promise<Peers> {
  const folder = await tempFolder();
  const authority = makeAuthority("ca");
  const files = async (name: string, issuer: Authority, trusted?: Authority) => {
    const own = path.join(folder.path, name);
    await mkdir(own, { recursive: true });
    return await writeFiles(own, issuer, trusted);
  };
  const serverFiles = await files("server", authority);
  const server = createServer({ onInternalError: () => {} });
  server.add(TestService, ECHO);
  const address = await server.listen(LOCAL, { kind: "mtls", files: serverFiles });
  const client: ClientSecurity = { kind: "mtls", files: await files("client", authority) };
  const dispose = async () => {
    await server.shutdown(0);
    await folder[Symbol.asyncDispose]();
  };
  return { authority, address, client, serverFiles, files, [Symbol.asyncDispose]: dispose };
}

/** One call over a new connection: "ok" or the code of its error. */
async function call(address: Address, credentials: ClientSecurity): Promise<string | number> {
  using channel = openChannel({ address, credentials });
  return await connect(TestService, channel)
    .once({ text: "ok" }, calm({ deadlineMs: 3_000 }))
    .then(
      ({ text }) => text,
      (error: { readonly code: number }) => error.code,
    );
}

async function settled(condition: () => Promise<boolean>, what: string): Promise<void> {
  let holds = false;
  await eventually(() => {
    void condition().then((value) => (holds ||= value));
    return holds;
  }, what);
}
