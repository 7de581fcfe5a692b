import { expect } from "chai";
import { ApiError } from "../ports/pods.js";
import { UnreadableLine } from "./lines.js";
import { WatchTrouble } from "./watch-trouble.js";

const reset = new Error("reset");

describe("WatchTrouble", () => {
  it("resumes after a break of an open watch, however often", () => {
    const trouble = new WatchTrouble();
    for (let times = 0; times < 5; times += 1) {
      trouble.opened();
      expect(trouble.failed(reset, 0, true)).to.equal("resume");
    }
  });

  it("is lost at the second refusal in a row, once, and again only after a list", () => {
    const trouble = new WatchTrouble();
    const verdicts = [1, 2, 3, 4].map(() => trouble.failed(reset, 0, true));
    expect(verdicts).to.deep.equal(["resume", "lost", "resume", "resume"]);
    trouble.listed();
    trouble.opened();
    trouble.failed(reset, 0, true);
    expect([1, 2].map(() => trouble.failed(reset, 0, true))).to.deep.equal(["resume", "lost"]);
  });

  it("is lost at once when nothing is known yet", () => {
    expect(new WatchTrouble().failed(reset, 0, false)).to.equal("lost");
  });

  it("lists again for a past that is gone and for a line that cannot be read", () => {
    const trouble = new WatchTrouble();
    expect(trouble.failed(new ApiError(410, "gone"), 0, true)).to.equal("relist");
    expect(trouble.failed(new UnreadableLine("x"), 0, true)).to.equal("relist");
  });

  it("pauses longer and longer, up to half a minute, and briefly again after a healthy watch", () => {
    const trouble = new WatchTrouble();
    expect(trouble.pauseMs(1)).to.equal(0);
    const pauses = Array.from({ length: 10 }, () => {
      trouble.failed(reset, 0, true);
      return trouble.pauseMs(1);
    });
    expect(pauses.slice(0, 3)).to.deep.equal([200, 400, 800]);
    expect(pauses.at(-1)).to.equal(30_000);
    trouble.failed(reset, 30_000, true);
    expect(trouble.pauseMs(1)).to.equal(200);
    expect(trouble.pauseMs(0)).to.equal(100);
    trouble.ended(30_000);
    expect(trouble.pauseMs(1)).to.equal(0);
  });

  it("waits at least as long as the server says, once", () => {
    const trouble = new WatchTrouble();
    trouble.failed(new ApiError(429, "busy", { retryAfterMs: 9_000 }), 0, true);
    expect(trouble.pauseMs(1)).to.equal(9_000);
    trouble.failed(reset, 0, true);
    expect(trouble.pauseMs(1)).to.equal(400);
  });
});
