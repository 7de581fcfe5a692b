import { expect } from "chai";
import { encodeFrame, FRAME, type Frame, FrameReader } from "./protocol.js";

describe("frames of the shim's socket", () => {
  it("come whole or in pieces, however the bytes are cut", () => {
    const sent = [
      [FRAME.stdout, "some output"],
      [FRAME.stdout, ""],
      [FRAME.exit, '{"exitCode":0}'],
      [FRAME.stderr, "more"],
    ] as const;
    const bytes = Buffer.concat(sent.map(([kind, text]) => encodeFrame(kind, Buffer.from(text))));
    for (let size = 1; size <= bytes.length; size += 1) {
      const reader = new FrameReader(new Set([FRAME.stdout, FRAME.stderr]));
      const frames: Frame[] = [];
      for (let at = 0; at < bytes.length; at += size) frames.push(...reader.take(bytes.subarray(at, at + size)));
      const text = (kind: number): string =>
        Buffer.concat(frames.filter((frame) => frame.kind === kind).map(({ body }) => body)).toString();
      expect([text(FRAME.stdout), text(FRAME.stderr)]).to.deep.equal(["some output", "more"]);
      expect(frames.filter(({ kind }) => kind === FRAME.exit).map(({ body }) => body.toString())).to.deep.equal([
        '{"exitCode":0}',
      ]);
    }
  });
});
