import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { WebSocketServer } from "ws";
import { createKubeletClient, type KubeletClient } from "./kubelet-client.js";
import { createLocalIdentity, type LocalIdentity } from "./local-identity.js";

const TARGET = { pod: "hello", container: "greeter" };

const frame = (channel: number, text: string): Buffer => Buffer.concat([Buffer.of(channel), Buffer.from(text)]);

describe("createKubeletClient", () => {
  let folder = "";
  let server: Server;
  let identity: LocalIdentity;
  let client: KubeletClient;
  let requests: string[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "outboard-kubelet-client-"));
    identity = createLocalIdentity(folder, new Date());
    const { files } = identity;
    const [ca, cert, key] = [files.ca, files.cert, files.key].map((file) => readFileSync(file));
    server = createServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true });
    server.on("request", (request, response) => {
      requests.push(request.url ?? "");
      response.writeHead(request.url?.startsWith("/containerLogs/") === true ? 200 : 400).end("line one\n");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    client = createKubeletClient((server.address() as AddressInfo).port, identity);
    requests = [];
  });
  afterEach(async () => {
    await client[Symbol.asyncDispose]();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function answerExec(frames: readonly Buffer[]): void {
    const sockets = new WebSocketServer({ server, handleProtocols: () => "v5.channel.k8s.io" });
    sockets.on("connection", (socket) => {
      for (const one of frames) socket.send(one);
      socket.close();
    });
  }

  it("reads a log with its client certificate", async () => {
    expect(await client.logs(TARGET)).to.equal("line one\n");
    expect(requests).to.deep.equal(["/containerLogs/default/hello/greeter"]);
  });

  it("gathers the output of exec and takes the exit code from the status frame", async () => {
    const causes = [{ reason: "ExitCode", message: "7" }];
    const status = JSON.stringify({ status: "Failure", reason: "NonZeroExitCode", details: { causes } });
    answerExec([frame(1, "out "), frame(2, "err"), frame(3, status)]);
    const answer = await client.exec(TARGET, ["sh", "-c", "a b"]);
    expect(answer).to.deep.equal({ kind: "done", output: "out err", exitCode: 7 });
    expect(requests[0]).to.equal("/exec/default/hello/greeter?output=1&error=1&command=sh&command=-c&command=a+b");
  });

  it("answers 0 for a command that succeeded", async () => {
    answerExec([frame(1, "fine\n"), frame(3, '{"status":"Success"}')]);
    expect(await client.exec(TARGET, ["true"])).to.deep.equal({ kind: "done", output: "fine\n", exitCode: 0 });
  });

  it("throws when the connection ends without a status", async () => {
    answerExec([frame(1, "half")]);
    const error = await client.exec(TARGET, ["true"]).catch((cause: unknown) => cause);
    expect(error).to.have.property("message", "exec: the connection ended without a status");
  });

  it("tells exec that is not served apart from exec that failed", async () => {
    server.removeAllListeners("request");
    server.on("request", (_request, response) => response.writeHead(501).end("does not serve exec"));
    const answer = await client.exec(TARGET, ["true"]);
    expect(answer).to.deep.equal({ kind: "not-served", text: "does not serve exec" });
  });
});
