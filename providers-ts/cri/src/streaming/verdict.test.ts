import { expect } from "chai";
import { toExit } from "./verdict.js";

describe("the verdict of a session", () => {
  it("is 0 for success, else the exit code", () => {
    expect(toExit('{"metadata":{},"status":"Success"}')).to.deep.equal({ exitCode: 0 });
    const causes = [{ reason: "ExitCode", message: "137" }];
    const failed = { status: "Failure", message: "exit code 137", reason: "NonZeroExitCode", details: { causes } };
    expect(toExit(JSON.stringify(failed))).to.deep.equal({ exitCode: 137 });
  });

  it("is an error with the runtime's words when the command was not run, and when nothing was said", () => {
    const failed = { status: "Failure", message: "no such file", reason: "InternalError" };
    expect(toExit(JSON.stringify(failed))).to.deep.equal({ error: "no such file" });
    const message = "Internal error occurred: error executing command in container: failed to exec";
    const plainError = "rpc error: code = Unknown desc = failed to exec";
    expect(toExit(JSON.stringify({ ...failed, message }))).to.deep.equal({ error: message, plainError });
    expect(toExit("not JSON")).to.deep.equal({ error: "not JSON" });
    expect(toExit("")).to.deep.equal({
      error: "the runtime did not say how the session ended",
      isLost: true,
    });
    expect(toExit("{}")).to.have.property("error");
  });
});
