import { expect } from "chai";
import { unexpanded } from "./unexpanded.js";

describe("unexpanded", () => {
  it("shows the manifest's spelling of words that held a variable", () => {
    const run = { command: ["/bin/s3cret/x"], args: ["--key=s3cret", "plain"] };
    const manifest = { command: ["/bin/$(KEY)/x"], args: ["--key=$(KEY)", "plain"] };
    expect(unexpanded('exec: "/bin/s3cret/x": not found (--key=s3cret plain)', run, manifest)).to.equal(
      'exec: "/bin/$(KEY)/x": not found (--key=$(KEY) plain)',
    );
  });

  it("leaves a text alone when nothing was expanded", () => {
    const words = { command: ["sh"], args: ["-c", "x"] };
    expect(unexpanded("sh -c x failed", words, words)).to.equal("sh -c x failed");
  });
});
