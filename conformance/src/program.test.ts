import { expect } from "chai";
import { MEMORY_FLAGS, program } from "./cli/testing/program.js";

const mutants = (...ids: readonly string[]): readonly string[] => ids.flatMap((id) => ["--mutant", id]);

describe("the selftest as a program", () => {
  it("lets variants pass, and says which did", async () => {
    const variants = ["--variant", "V-07", "--variant", "V-15", "--area", "GET"];
    const { code, out, err } = await program(["selftest", ...MEMORY_FLAGS, ...variants]);
    expect(code, out + err).to.equal(0);
    expect(out).to.contain("variants passed 2/2");
  }).timeout(60_000);

  it("kills mutants by their own clause and code, and tells when a check is missing", async () => {
    const good = await program(["selftest", ...MEMORY_FLAGS, ...mutants("CREATE-04", "OBS-04", "SESS-02")]);
    expect(good.code, good.out + good.err).to.equal(0);
    const without = ["--disable", "CREATE-04"];
    const ablated = await program(["selftest", ...MEMORY_FLAGS, ...mutants("CREATE-04"), ...without]);
    expect(ablated.code, ablated.out + ablated.err).to.equal(1);
    expect(ablated.out).to.contain("survived");
  }).timeout(90_000);
});
