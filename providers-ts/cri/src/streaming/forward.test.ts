import { expect } from "chai";
import { Duplex } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { forwardOver } from "./forward.js";
import { SpdyConnection } from "./spdy/connection.js";
import { dataHead, FLAG_FIN } from "./spdy/frames.js";

const [ERRORS, DATA] = [1, 3];

/** A server that hears nothing. */
class Server extends Duplex {
  override _read(): void {}

  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    done();
  }

  /** All in one piece, as a busy machine hands it over. */
  says(...frames: readonly (readonly [stream: number, text: string, flags?: number])[]): void {
    const bytes = frames.map(([id, text, flags = 0]) =>
      Buffer.concat([dataHead(id, flags, text.length), Buffer.from(text)]),
    );
    this.push(Buffer.concat(bytes));
  }
}

async function textOf(connection: Duplex): Promise<string> {
  let text = "";
  for await (const bytes of connection) text += String(bytes);
  return text;
}

describe("a connection to a port of a sandbox", () => {
  it("is refused with the server's words where they come soon", async () => {
    const server = new Server();
    const opening = forwardOver(new SpdyConnection(server, Buffer.alloc(0)), 9);
    server.says([ERRORS, "connection "], [ERRORS, "refused"], [ERRORS, "", FLAG_FIN], [DATA, "", FLAG_FIN]);
    const refusal = await opening.catch((error: unknown) => error);
    expect(refusal).to.be.an("error").with.property("message", "connection refused");
  });

  it("breaks where they come later, though the end of the data is right behind them", async () => {
    const server = new Server();
    const forward = await forwardOver(new SpdyConnection(server, Buffer.alloc(0)), 9);
    const reading = textOf(forward).catch((error: unknown) => error);
    server.says([ERRORS, "refused"], [ERRORS, "", FLAG_FIN], [DATA, "", FLAG_FIN]);
    expect(await reading).to.be.an("error");
  });

  it("breaks where they come behind the end of the data, as containerd sends them", async () => {
    const server = new Server();
    const forward = await forwardOver(new SpdyConnection(server, Buffer.alloc(0)), 9);
    const reading = textOf(forward).catch((error: unknown) => error);
    server.says([DATA, "", FLAG_FIN]);
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    server.says([ERRORS, "refused"], [ERRORS, "", FLAG_FIN]);
    expect(await reading).to.be.an("error");
  });

  it("ends with the server's connection, whatever is missing", async () => {
    const server = new Server();
    const forward = await forwardOver(new SpdyConnection(server, Buffer.alloc(0)), 9);
    const reading = textOf(forward);
    server.says([DATA, "all"], [DATA, "", FLAG_FIN]);
    await nextTurn();
    server.push(null);
    expect(await reading).to.equal("all");
  });

  it("gives what comes before its end", async () => {
    const server = new Server();
    const forward = await forwardOver(new SpdyConnection(server, Buffer.alloc(0)), 9);
    const reading = textOf(forward);
    server.says([DATA, "all"], [ERRORS, "", FLAG_FIN], [DATA, "", FLAG_FIN]);
    expect(await reading).to.equal("all");
    forward.destroy();
  });
});
