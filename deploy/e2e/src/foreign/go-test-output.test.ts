import { expect } from "chai";
import { goTestResults } from "./go-test-output.js";

const OUTPUT = `=== RUN   TestEndToEnd
=== RUN   TestEndToEnd/TestGetPods
    basic.go:41: Created pod: nginx
=== RUN   TestEndToEnd/TestEvents
    basic.go:50: timed out
=== NAME  TestEndToEnd
    suite.go:61: True
=== RUN   TestEndToEnd/TestNever
--- FAIL: TestEndToEnd (60.50s)
    --- PASS: TestEndToEnd/TestGetPods (0.42s)
    --- FAIL: TestEndToEnd/TestEvents (60.00s)
    --- SKIP: TestEndToEnd/TestOther (0.00s)
FAIL
`;

describe("the output of go test", () => {
  it("gives a result for each test without tests below it", () => {
    const results = goTestResults(OUTPUT).map(({ name, state, seconds }) => `${state} ${seconds} ${name}`);
    expect(results).to.deep.equal([
      "passed 0.42 TestEndToEnd/TestGetPods",
      "failed 60 TestEndToEnd/TestEvents",
      "skipped 0 TestEndToEnd/TestOther",
    ]);
  });

  it("keeps what each test said", () => {
    const said = goTestResults(OUTPUT).map(({ output }) => output[0]);
    expect(said).to.deep.equal(["basic.go:41: Created pod: nginx", "basic.go:50: timed out", undefined]);
  });

  it("has no result for a test that did not end", () => {
    expect(goTestResults("=== RUN   TestA\npanic: boom\n")).to.deep.equal([]);
  });
});
