import { Code, StatusError } from "@outboard/contract";
import { expect } from "chai";
import { isUnavailable } from "./errors.js";

describe("an error of a CRI runtime", () => {
  it("tells that nobody was there, also where the runtime has only begun", () => {
    expect(isUnavailable(new StatusError(Code.UNAVAILABLE, "connection refused"))).to.equal(true);
    expect(isUnavailable(new StatusError(Code.UNKNOWN, "server is not initialized yet"))).to.equal(true);
    expect(isUnavailable(new StatusError(Code.UNKNOWN, "failed to exec"))).to.equal(false);
    expect(isUnavailable(new Error("server is not initialized yet"))).to.equal(false);
  });
});
