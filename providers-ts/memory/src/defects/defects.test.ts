import { StopReason } from "@outboard/contract";
import { SettingsError } from "@outboard/provider-sdk";
import { expect } from "chai";
import { openBench, brief, orderOf } from "../harness.test.js";
import { DEFECTS } from "./table.js";

const DEAF = { "term-ms": "3600000" };

describe("defects", () => {
  it("are refused without --testing, and by a name that there is not", async () => {
    const problem = async (flags: Parameters<typeof openBench>[0]) =>
      await openBench(flags).then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(await problem({ defect: "never-kills" })).to.be.instanceOf(SettingsError);
    const unknown = await problem({ testing: true, defect: "no-such" });
    expect(unknown).to.be.instanceOf(SettingsError);
    expect(String(unknown)).to.contain("never-kills");
  });

  it("are none by default: a container that ignores TERM ends with its grace", async () => {
    expect(await endAfter({}, 2)).to.equal(2_000);
  });

  it("give no grace, or one for ever", async () => {
    expect(await endAfter({ testing: true, defect: "gives-no-grace" }, 2)).to.equal(0);
    expect(await endAfter({ testing: true, defect: "never-kills" }, 2)).to.equal(undefined);
    expect(await endAfter({ testing: true, defect: "takes-no-grace-for-the-default" }, 0)).to.equal(undefined);
  });

  it("stop a pod of the same name too", async () => {
    const bench = await openBench({ testing: true, defect: "stops-by-name" });
    for (const uid of ["u", "v"]) await bench.provider.createPod(orderOf({ uid }));
    await bench.provider.stopPod("u", 0, StopReason.USER);
    expect(brief(bench.last("v"))).to.match(/^ENDED/);
  });

  it("have names of small words, and none is empty", () => {
    for (const [name, defect] of DEFECTS) {
      expect(name).to.match(/^[a-z]+(-[a-z]+)+$/);
      expect(Object.keys(defect), name).to.have.length.above(0);
    }
  });
});

/** Milliseconds after which a deaf pod has ended, of the 10 s that are looked at. */
async function endAfter(flags: Parameters<typeof openBench>[0], grace: number): Promise<number | undefined> {
  const { provider, clock, last } = await openBench(flags);
  await provider.createPod(orderOf({ annotations: DEAF }));
  await provider.stopPod("u", grace, StopReason.USER);
  for (let ms = 0; ms <= 10_000; ms += 1_000) {
    if (brief(last()).startsWith("ENDED")) return ms;
    clock.advance(1_000);
  }
  return undefined;
}
