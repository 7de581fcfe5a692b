import { chmod, mkdir, stat, writeFile } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { expect } from "chai";
import { formatAddress, parseAddress } from "./address.js";
import { calm, rejection, startRig, tempFolder } from "./harness.test.js";
import { createServer, type RpcServer } from "./server.js";

describe("listening on a UNIX socket", () => {
  it("makes a private folder and a private socket", async () => {
    await using rig = await startRig();
    const socket = rig.address.kind === "unix" ? rig.address.path : "";
    expect((await stat(path.dirname(socket))).mode & 0o777).to.equal(0o700);
    expect((await stat(socket)).mode & 0o777).to.equal(0o600);
  });

  it("does not change the mode of a folder that is there", async () => {
    await using folder = await tempFolder();
    const shared = path.join(folder.path, "shared");
    await mkdir(shared);
    await chmod(shared, 0o755);
    await using server = await listen(path.join(shared, "p.sock"));
    expect(server).to.have.property("rpc");
    expect((await stat(shared)).mode & 0o777).to.equal(0o755);
  });

  it("replaces a stale socket", async () => {
    await using folder = await tempFolder();
    const socket = path.join(folder.path, "p.sock");
    await leaveStaleSocket(socket);
    await using server = await listen(socket);
    expect((await stat(socket)).isSocket()).to.equal(true);
    expect(server).to.have.property("rpc");
  });

  it("refuses a socket on which somebody listens, who goes on", async () => {
    await using rig = await startRig();
    const socket = rig.address.kind === "unix" ? rig.address.path : "";
    const error = await rejection(listen(socket));
    expect(error).to.have.property("message", `cannot listen on ${socket}: another process listens there`);
    expect(await rig.client.once({ text: "still here" }, calm())).to.deep.equal({ text: "still here" });
  });

  it("refuses a path that is no socket, and leaves the file alone", async () => {
    await using folder = await tempFolder();
    const file = path.join(folder.path, "p.sock");
    await writeFile(file, "precious");
    expect(await rejection(listen(file))).to.have.property(
      "message",
      `cannot listen on ${file}: it exists and is not a socket`,
    );
    expect((await stat(file)).size).to.equal(8);
  });

  it("restores the umask", async () => {
    const before = process.umask(0o027);
    try {
      await using rig = await startRig();
      expect(rig.address.kind).to.equal("unix");
      expect(process.umask()).to.equal(0o027);
    } finally {
      process.umask(before);
    }
  });
});

describe("addresses", () => {
  it("are parsed and formatted", () => {
    for (const text of ["unix:///run/p.sock", "tcp://127.0.0.1:7000", "tcp://[::1]:7000", "tcp://host.example:0"]) {
      expect(formatAddress(parseAddress(text))).to.equal(text);
    }
    expect(parseAddress("unix:/run/p.sock")).to.deep.equal({ kind: "unix", path: "/run/p.sock" });
  });

  it("are refused with one sentence that names the text", () => {
    for (const text of [
      "http://x",
      "unix://p.sock",
      "tcp://host",
      "tcp://host:99999",
      `unix:///${"x".repeat(104)}`,
      "",
    ]) {
      expect(() => parseAddress(text), text).to.throw(`address "${text}"`);
    }
  });
});

async function listen(socket: string): Promise<AsyncDisposable & { readonly rpc: RpcServer }> {
  const rpc = createServer({ onInternalError: () => {} });
  await rpc.listen({ kind: "unix", path: socket });
  return { rpc, [Symbol.asyncDispose]: () => rpc.shutdown(0) };
}

/** What a killed process leaves: a socket file that nobody listens on. */
async function leaveStaleSocket(socket: string): Promise<void> {
  const { execFile } = await import("node:child_process");
  const script = `require("net").createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, "SIGKILL"))`;
  await new Promise((resolve) => execFile(process.execPath, ["-e", script], resolve));
  await new Promise<void>((resolve, reject) => {
    net
      .connect(socket)
      .once("error", () => resolve())
      .once("connect", () => reject(new Error("the socket is alive")));
  });
}
