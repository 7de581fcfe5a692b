import { expect } from "chai";
import { judge } from "./judge.js";
import { BUILT_IN, expectation } from "./mutants.js";
import { goProvider, pythonProvider } from "./programs.js";

const PROVIDERS = [
  { language: "Python", makeReady: pythonProvider },
  { language: "Go", makeReady: goProvider },
];
/** `npm run third-party` runs everything; the tests of every day a part. */
const isWhole = process.env["OUTBOARD_THIRD_PARTY"] === "all";
const PROFILE = isWhole
  ? ["--profile", "full"]
  : ["HS", "SESS", "CREATE", "GET", "REL"].flatMap((area) => ["--area", area]);
const WAITS = ["--time-scale", "0.2"];

for (const { language, makeReady } of PROVIDERS) {
  describe(`a provider in ${language}, made from the proto files alone`, () => {
    let provider = "";
    before(async function prepare() {
      this.timeout(600_000);
      if (process.platform !== "linux" || process.getuid?.() !== 0) {
        process.stdout.write(`      skipped: the ${language} provider needs Linux and root\n`);
        this.skip();
      }
      try {
        provider = await makeReady();
      } catch (error) {
        process.stdout.write(`      skipped: the ${language} provider cannot be made ready: ${String(error)}\n`);
        this.skip();
      }
    });

    it("is conformant", async () => {
      const { code, out, verdict, failed } = await judge(provider, PROFILE);
      expect(failed, out).to.deep.equal([]);
      expect(verdict, out).to.equal("conformant");
      expect(code).to.equal(0);
    }).timeout(300_000);

    for (const id of BUILT_IN.slice(0, isWhole ? BUILT_IN.length : 3)) {
      it(`is caught with the fault ${id}, by the fault's own clause`, async () => {
        const { clause, failure } = expectation(id);
        const { code, out, failed } = await judge(provider, ["--clause", clause, ...WAITS], id);
        expect(code, out).to.equal(1);
        expect(failed, out).to.include(failure);
      }).timeout(60_000);
    }
  });
}
