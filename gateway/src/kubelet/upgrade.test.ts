import { once } from "node:events";
import { connect } from "node:tls";
import { expect } from "chai";
import { pino } from "pino";
import { createSettable } from "./certificates/source.js";
import { createListener, type Listener } from "./listener.js";
import type { Incoming } from "./pipeline.js";
import { eventually } from "./testing/eventually.js";
import { createTestPki, type TestPki } from "./testing/server-under-test.js";

describe("an upgrade request", () => {
  let pki: TestPki;
  let listener: Listener;
  let port: number;
  let pipeline: (incoming: Incoming) => Promise<void>;

  before(async () => {
    pki = await createTestPki();
    listener = createListener({
      pipeline: (incoming) => pipeline(incoming),
      certificates: createSettable(pki.serving),
      maxConnections: 8,
      maxStrangers: 10,
      logger: pino({ enabled: false }),
      onTlsError: () => {},
    });
    port = await listener.listen(0, "127.0.0.1");
  });
  after(() => listener.close(AbortSignal.abort()));

  async function upgrade(behind: string): Promise<ReturnType<typeof connect>> {
    const socket = connect({ host: "127.0.0.1", port, ca: pki.authority.cert });
    await once(socket, "secureConnect");
    socket.setEncoding("utf8");
    socket.write(`POST /exec HTTP/1.1\r\nHost: n\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n${behind}`);
    return socket;
  }

  it("hands the connection and what came behind the request to a handler that takes it", async () => {
    let ended = 0;
    let status = 0;
    pipeline = async ({ response, upgrade: offer }) => {
      if (offer === undefined) throw new Error("no offer");
      response.once("close", () => {
        ended += 1;
        status = response.statusCode;
      });
      const taken = offer.take();
      taken.write(`HTTP/1.1 101 Switching Protocols\r\n\r\n${offer.head.toString()}`);
      taken.pipe(taken);
    };
    const socket = await upgrade("first");
    let text = "";
    socket.on("data", (data) => {
      text += String(data);
    });
    await eventually("the head comes back", () => text.endsWith("\r\n\r\nfirst"));
    socket.write("second");
    await eventually("the connection is the handler's", () => text.endsWith("second"));
    expect(ended).to.equal(0);
    socket.end();
    await eventually("the exchange ends with the connection", () => ended === 1);
    expect(status).to.equal(101);
  });

  it("is answered and closed when no handler takes it", async () => {
    pipeline = async ({ response }) => {
      response.writeHead(403).end("no");
    };
    const socket = await upgrade("");
    let text = "";
    socket.on("data", (data) => {
      text += String(data);
    });
    await once(socket, "close");
    expect(text)
      .to.match(/^HTTP\/1\.1 403 Forbidden\r\n/)
      .and.match(/no\r\n0\r\n\r\n$/);
  });

  it("is cut with its connection when the server closes", async () => {
    pipeline = async ({ upgrade: offer }) => {
      offer?.take().write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    };
    const socket = await upgrade("");
    socket.on("error", () => {});
    await once(socket, "data");
    const closed = once(socket, "close");
    await listener.close(AbortSignal.abort());
    await closed;
  });
});
