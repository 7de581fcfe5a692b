/** Replays upgrade requests recorded from a real kubelet (gateway/testdata/http/upgrade.jsonl) and compares what comes back. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:tls";
import { expect } from "chai";
import { eventually } from "../testing/eventually.js";
import { exitWith, silent, stdout } from "../testing/scripted-streams.js";
import {
  createTestPki,
  providerInfo,
  type ServerUnderTest,
  startServer,
  type TestPki,
} from "../testing/server-under-test.js";
import { stopNow } from "./testing/dial.js";

interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** Bytes, as latin1. */
  readonly raw: string;
}

const recorded = readFileSync(new URL("../../../testdata/http/upgrade.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((text) => JSON.parse(text) as Recorded);
const LISTING = "bin\ndev\netc\nhome\nlib\nlib64\nproc\nroot\nrun\nsbin\nsys\ntmp\nusr\nvar\n";
/** Length and date are the libraries' affair; so is whether a refusal says that it closes. */
const NOT_COMPARED = /^(date|content-length|connection|content-type)$/;

interface Parsed {
  readonly status: string;
  readonly headers: readonly string[];
  readonly body: string;
}

function parse(raw: string): Parsed {
  const [head = "", ...body] = raw.split("\r\n\r\n");
  const [status = "", ...lines] = head.split("\r\n");
  const headers = lines
    .map((line) => /^([^:]+): (.*)$/.exec(line))
    .map((match) => [match?.[1]?.toLowerCase() ?? "", match?.[2] ?? ""] as const)
    .filter(([name]) => !NOT_COMPARED.test(name) || (name === "connection" && status.includes(" 101 ")))
    .map(([name, value]) => `${name}: ${value}`)
    .toSorted();
  // How many headers a request has depends on the client.
  return { status, headers, body: body.join("\r\n\r\n").replace(/with \d+ headers/, "with N headers") };
}

describe("the streams of the kubelet API against a real kubelet's answers", () => {
  let pki: TestPki;
  let subject: ServerUnderTest;

  before(async () => {
    pki = await createTestPki();
    subject = await startServer(pki, {
      provider: { info: () => providerInfo(["exec", "attach", "port_forward"]) },
    });
    subject.streams.run((order, input, signal) =>
      "command" in order ? exitWith(0, stdout(LISTING)) : silent(order, input, signal),
    );
  });
  after(() => stopNow(subject));

  for (const { method, path, requestHeaders, raw } of recorded) {
    const title = Object.entries(requestHeaders)
      .filter(([name]) => /upgrade$|protocol/i.test(name))
      .map(([, value]) => value)
      .join(" ");
    it(`answers ${method} ${path} [${title}] as recorded`, async () => {
      const { key, cert } = pki.admin;
      const socket = connect({ host: "127.0.0.1", port: subject.port, ca: pki.authority.cert, key, cert });
      socket.on("error", () => {});
      await once(socket, "secureConnect");
      let text = "";
      socket.setEncoding("latin1").on("data", (data) => (text += String(data)));
      const headers = Object.entries({ Host: "n", ...requestHeaders }).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`${method} ${path} HTTP/1.1\r\n${headers.join("")}\r\n`);
      const expected = parse(raw);
      await eventually(
        `${text} is ${raw}`,
        () => text.includes("\r\n\r\n") && parse(text).body.length >= expected.body.length,
      );
      expect(parse(text)).to.deep.equal(expected);
      socket.destroy();
    });
  }
});
