import { expect } from "chai";
import { createRandom, mutate } from "../testing/random.js";
import {
  channelProtocol,
  decodeMessage,
  type EncodedMessage,
  encodeMessage,
  REMOTE_COMMAND_PROTOCOLS,
} from "./channels.js";

function bytesOf({ first, rest }: EncodedMessage): Buffer {
  return Buffer.concat([Buffer.from([first]), rest]);
}

describe("WebSocket channels", () => {
  for (const name of [...REMOTE_COMMAND_PROTOCOLS, ""]) {
    it(`come back as they were written in ${JSON.stringify(name)}`, () => {
      const protocol = channelProtocol(name);
      for (const data of [Buffer.alloc(0), Buffer.from("text"), Buffer.from([0, 255, 10, 13])]) {
        const message = encodeMessage(protocol, 2, data);
        expect(message.isText).to.equal(name.includes("base64"));
        expect(decodeMessage(protocol, bytesOf(message))).to.deep.equal({ channel: 2, data });
      }
    });
  }

  it("say nothing in an empty message", () => {
    for (const name of REMOTE_COMMAND_PROTOCOLS) {
      expect(decodeMessage(channelProtocol(name), Buffer.alloc(0))).to.equal(undefined);
    }
  });

  it("know what each protocol can", () => {
    const known = REMOTE_COMMAND_PROTOCOLS.map((name) => Object.values(channelProtocol(name)).map(Number).join(""));
    expect(known, "base64, status, close").to.deep.equal(["011", "010", "110", "000", "100"]);
  });

  it("survive a thousand damaged messages without throwing or growing", () => {
    const random = createRandom(2);
    for (let round = 0; round < 1_000; round++) {
      const protocol = channelProtocol(REMOTE_COMMAND_PROTOCOLS[random(REMOTE_COMMAND_PROTOCOLS.length)] ?? "");
      const message = bytesOf(encodeMessage(protocol, random(6), Buffer.alloc(random(200), round)));
      const decoded = decodeMessage(protocol, mutate(message, random));
      expect(decoded?.data.length ?? 0).to.be.at.most(message.length);
    }
  });
});
