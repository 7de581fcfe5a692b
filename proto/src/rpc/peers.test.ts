import { type ChildProcess, spawn } from "node:child_process";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { Address } from "./address.js";
import { connect, openChannel } from "./client.js";
import { calm, eventually, rejection, startRig, tempFolder, TestService, texts, waiting } from "./harness.test.js";
import { Code, isStatusError } from "./status.js";

describe("peers that hang", () => {
  it("a peer that accepts and never speaks: the deadline ends a unary call", async () => {
    await using peer = await mutePeer();
    using channel = openChannel({ address: peer.address });
    const call = connect(TestService, channel).once({ text: "" }, calm({ deadlineMs: 100 }));
    expect(await rejection(call)).to.include({ code: Code.DEADLINE_EXCEEDED, reason: undefined });
  });

  it("a peer that accepts and never speaks: the signal ends a stream", async () => {
    await using peer = await mutePeer();
    using channel = openChannel({ address: peer.address });
    const controller = new AbortController();
    const reading = texts(connect(TestService, channel).feed({ text: "" }, { signal: controller.signal }));
    controller.abort(new Error("enough"));
    expect(await rejection(reading)).to.have.property("message", "enough");
  });

  it("a peer that does not speak HTTP/2: the call fails with a status", async () => {
    await using peer = await mutePeer("HTTP/1.1 400 Bad Request\r\n\r\n");
    using channel = openChannel({ address: peer.address });
    const call = connect(TestService, channel).once({ text: "" }, calm({ deadlineMs: 500 }));
    expect(isStatusError(await rejection(call))).to.equal(true);
  });
});

describe("peers that are not there", () => {
  it("a missing socket: UNAVAILABLE soon, without a reason", async () => {
    await using folder = await tempFolder();
    using channel = openChannel({ address: { kind: "unix", path: path.join(folder.path, "none.sock") } });
    const call = connect(TestService, channel).once({ text: "" }, calm({ deadlineMs: 2_000 }));
    expect(await rejection(call)).to.include({ code: Code.UNAVAILABLE, reason: undefined });
  });
});

describe("peers that die", () => {
  it("a killed server process: calls in flight fail with UNAVAILABLE, and a new process is found again", async () => {
    await using folder = await tempFolder();
    const address: Address = { kind: "unix", path: path.join(folder.path, "p.sock") };
    const first = await spawnServer(address);
    using channel = openChannel({ address });
    const client = connect(TestService, channel);
    const answers = client.feed({ text: "a" }, calm())[Symbol.asyncIterator]();
    await answers.next();
    const pending = answers.next();
    const unary = client.once({ text: "wait" }, calm());
    first.kill("SIGKILL");
    expect(await rejection(pending)).to.include({ code: Code.UNAVAILABLE, reason: undefined });
    expect(await rejection(unary)).to.include({ reason: undefined });
    const second = await spawnServer(address);
    let answer = "";
    await eventually(() => {
      void client.once({ text: "back" }, calm({ deadlineMs: 1_000 })).then(
        ({ text }) => (answer = text),
        () => {},
      );
      return answer === "back";
    }, "the new process answers");
    second.kill("SIGKILL");
  });

  it("a client that goes away: the handlers of its calls are told", async () => {
    const handler = waiting();
    await using rig = await startRig({ once: (_, context) => handler.wait(context) });
    await using folder = await tempFolder();
    const relay = await startRelay(rig.address, path.join(folder.path, "relay.sock"));
    using channel = openChannel({ address: relay.address });
    const call = connect(TestService, channel).once({ text: "" }, calm());
    await handler.started;
    relay.cut();
    expect(isStatusError(await rejection(call))).to.equal(true);
    expect(await handler.ended).to.include({ code: Code.CANCELLED });
    relay.close();
  });
});

interface Peer extends AsyncDisposable {
  readonly address: Address;
}

/** Accepts connections; says nothing, or one thing, and never answers. */
async function mutePeer(greeting?: string): Promise<Peer> {
  const folder = await tempFolder();
  const socket = path.join(folder.path, "mute.sock");
  const open = new Set<net.Socket>();
  const server = net.createServer((connection) => {
    open.add(connection);
    connection.on("error", () => {});
    if (greeting !== undefined) connection.write(greeting);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const dispose = async () => {
    for (const connection of open) connection.destroy();
    await new Promise((resolve) => server.close(resolve));
    await folder[Symbol.asyncDispose]();
  };
  return { address: { kind: "unix", path: socket }, [Symbol.asyncDispose]: dispose };
}

/** Passes bytes on until it is cut. */
async function startRelay(target: Address, socket: string) {
  const open = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const upstream = net.connect(target.kind === "unix" ? target.path : "");
    for (const side of [client, upstream]) open.add(side.on("error", () => {}));
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const address: Address = { kind: "unix", path: socket };
  const cut = () => {
    for (const side of open) side.destroy();
  };
  return { address, cut, close: () => server.close() };
}

/** A server of the test service in a process of its own. */
async function spawnServer(address: Address): Promise<ChildProcess> {
  const script = `
    const { createServer } = await import(${JSON.stringify(sibling("server.js"))});
    const { TestService, ECHO } = await import(${JSON.stringify(sibling("harness.test.js"))});
    const server = createServer({ onInternalError: () => {} });
    const wait = () => new Promise(() => {});
    server.add(TestService, {
      ...ECHO,
      once: (frame) => (frame.text === "wait" ? wait() : Promise.resolve(frame)),
      feed: async function* (frame) { yield frame; await wait(); },
    });
    await server.listen(${JSON.stringify(address)});
    console.log("listening");
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return child;
}

function sibling(name: string): string {
  return path.join(path.dirname(fileURLToPath(import.meta.url)), name);
}
