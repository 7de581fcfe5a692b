import { expect } from "chai";
import { UsageError } from "../options.js";
import { readStreamOptions } from "./options.js";

const KUBELET = ["--kubelet-url", "https://h:1", "--kubelet-cert", "c", "--kubelet-key", "k", "--kubelet-pid", "7"];

describe("readStreamOptions", () => {
  it("has defaults for everything, and no kubelet", () => {
    expect(readStreamOptions([])).to.deep.equal({
      rounds: 3,
      mebibytes: 100,
      starts: 50,
      sessions: 150,
      oneCore: false,
    });
  });

  it("reads a kubelet with all that goes with it", () => {
    const more = ["--kubelet-runtime-pid", "8", "--kubelet-runtime-pid", "9", "--netns", "/run/netns/x"];
    const { kubelet } = readStreamOptions([...KUBELET, "--kubelet-pod", "ns/p/c", ...more]);
    expect(kubelet).to.deep.equal({
      url: "https://h:1",
      certFile: "c",
      keyFile: "k",
      pid: 7,
      runtimePids: [8, 9],
      place: { namespace: "ns", pod: "p", container: "c" },
      echoPort: 9001,
      netns: "/run/netns/x",
    });
  });

  for (const [words, message] of [
    [["--rounds", "0"], '--rounds must be a whole number from 1 to 20, not "0"'],
    [["--json", ""], "--json must not be empty"],
    [["--kubelet-pid", "7"], "--kubelet-pid needs --kubelet-url"],
    [["--kubelet-runtime-pid", "7"], "--kubelet-runtime-pid needs --kubelet-url"],
    [["--kubelet-url", "http://h"], '--kubelet-url must be https://HOST:PORT, not "http://h"'],
    [KUBELET, "--kubelet-url needs --kubelet-pod"],
    [[...KUBELET, "--kubelet-pod", "p"], "--kubelet-pod must be NAMESPACE/POD/CONTAINER"],
    [["--pods", "3"], "Unknown option '--pods'"],
  ] as const) {
    it(`says in one line what is wrong with ${words.slice(-2).join(" ")}`, () => {
      expect(() => readStreamOptions(words))
        .to.throw(UsageError)
        .with.property("message")
        .that.satisfies((text: string) => text.startsWith(message) && !text.includes("\n"));
    });
  }
});
