import { expect } from "chai";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readTerminationMessage } from "./termination-message.js";
import { tempFolder } from "./testing/temp-folder.js";

function criLog(lines: readonly string[]): string {
  return lines.map((line) => `2030-01-01T00:00:00.000000001Z stdout F ${line}\n`).join("");
}

describe("readTerminationMessage", () => {
  const cases: readonly (readonly [name: string, file: string, policy: string, exitCode: number, expected: string])[] =
    [
      ["reads the file", "bye", "File", 0, "bye"],
      ["takes the last 4096 bytes of the file", "a".repeat(10) + "b".repeat(4096), "File", 1, "b".repeat(4096)],
      ["does not begin in the middle of a character", `é${"b".repeat(4095)}`, "File", 1, "b".repeat(4095)],
      ["prefers the file to the log", "bye", "FallbackToLogsOnError", 1, "bye"],
      ["has no use for the log after success", "", "FallbackToLogsOnError", 0, ""],
      ["has no use for the log with policy File", "", "File", 1, ""],
      ["falls back to the log", "", "FallbackToLogsOnError", 1, "one\ntwo\n"],
    ];
  for (const [name, content, policy, exitCode, expected] of cases) {
    it(name, async () => {
      using folder = tempFolder();
      const file = join(folder.path, "message");
      const logPath = join(folder.path, "0.log");
      writeFileSync(file, content);
      writeFileSync(logPath, criLog(["one", "two"]));
      expect(await readTerminationMessage({ file, logPath, policy, exitCode, reason: "" })).to.equal(expected);
    });
  }

  it("takes at most 80 lines and 2048 bytes of the log", async () => {
    using folder = tempFolder();
    const logPath = join(folder.path, "0.log");
    const sources = { file: "/none", logPath, policy: "FallbackToLogsOnError", exitCode: 1, reason: "Error" };
    writeFileSync(logPath, criLog(Array.from({ length: 100 }, (_, index) => `line ${index + 1}`)));
    expect((await readTerminationMessage(sources)).split("\n")[0]).to.equal("line 21");
    writeFileSync(logPath, criLog(["x".repeat(3000)]));
    expect(await readTerminationMessage(sources)).to.equal(`${"x".repeat(2047)}\n`);
  });
});
