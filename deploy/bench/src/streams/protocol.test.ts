import { expect } from "chai";
import { countLines, execPath, failureOf, forwardPath, logsPath, parsePlace, toMessage } from "./protocol.js";

const place = { namespace: "ns", pod: "web", container: "main" };

describe("the protocol of a kubelet's streams", () => {
  it("asks for a command word by word, and for input on demand only", () => {
    expect(execPath(place, ["sh", "-c", "echo a b"], false)).to.equal(
      "/exec/ns/web/main?command=sh&command=-c&command=echo+a+b&output=1",
    );
    expect(execPath(place, ["cat"], true)).to.match(/&input=1$/);
  });

  it("names the port in the query, and follows a log from its start or from its end", () => {
    expect(forwardPath(place, 80)).to.equal("/portForward/ns/web?port=80");
    expect(logsPath(place)).to.equal("/containerLogs/ns/web/main?follow=true");
    expect(logsPath(place, 1)).to.equal("/containerLogs/ns/web/main?follow=true&tailLines=1");
  });

  it("puts the channel before the bytes", () => {
    expect([...toMessage(255, Uint8Array.of(0))]).to.deep.equal([255, 0]);
  });

  it("takes only a status of success for success", () => {
    expect(failureOf('{"metadata":{},"status":"Success"}')).to.equal(undefined);
    expect(failureOf('{"status":"Failure","message":"exit code 3"}')).to.equal("exit code 3");
    expect(failureOf("nonsense")).to.equal("not a status: nonsense");
  });

  for (const [text, lines] of [
    ["", 0],
    ["no end", 0],
    ["one\n", 1],
    ["\n\nhalf", 2],
  ] as const) {
    it(`counts ${lines} ended lines in ${JSON.stringify(text)}`, () => {
      expect(countLines(Buffer.from(text))).to.equal(lines);
    });
  }

  it("reads a place of three parts and no other", () => {
    expect(parsePlace("ns/web/main")).to.deep.equal(place);
    for (const text of ["ns/web", "ns/web/main/more", "ns//main", ""]) expect(parsePlace(text)).to.equal(undefined);
  });
});
