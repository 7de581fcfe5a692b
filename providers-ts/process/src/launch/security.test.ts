import { expect } from "chai";
import type { RuntimeError } from "@outboard/provider-sdk";
import { planSecurity, type SecurityMeans } from "./security.js";

const ROOT: SecurityMeans = {
  self: { uid: 0, gid: 0, groups: [] },
  setpriv: true,
  privileged: true,
  available: new Set(["CHOWN", "KILL", "NET_ADMIN"]),
  dieWithParent: false,
};
const USER: SecurityMeans = {
  ...ROOT,
  self: { uid: 1000, gid: 1000, groups: [4] },
  privileged: false,
  available: new Set(),
};

describe("planSecurity", () => {
  it("leaves the usual capabilities that the machine has", () => {
    expect(planSecurity({}, ROOT).setpriv).to.deep.equal([
      "--reuid",
      "0",
      "--regid",
      "0",
      "--clear-groups",
      "--bounding-set=-all,+chown,+kill",
      "--inh-caps=-all",
      "--ambient-caps=-all",
    ]);
  });

  it("gives group 0 to a user without a group, and adds the pod's groups once", () => {
    const { identity } = planSecurity({ runAsUser: 5, supplementalGroups: [7, 7], fsGroup: 8 }, ROOT);
    expect(identity).to.deep.equal({ uid: 5, gid: 0, groups: [7, 8] });
  });

  it("keeps capabilities of a privileged container and does not forbid escalation", () => {
    const { setpriv, privileged } = planSecurity({ privileged: true, allowPrivilegeEscalation: false }, ROOT);
    expect(privileged).to.equal(true);
    expect(setpriv).to.include("--inh-caps=-all").and.not.include("--no-new-privs");
  });

  it("refuses what it cannot honour instead of leaving it out", () => {
    const cases = [
      [{ runAsUser: 5 }, USER, "runAsUser and runAsGroup cannot be changed without privileges on this machine"],
      [{ capabilities: { add: ["SYS_TIME"] } }, ROOT, "capability CAP_SYS_TIME is not available on this machine"],
      [
        { allowPrivilegeEscalation: false },
        { ...USER, setpriv: false },
        "securityContext cannot be honoured: setpriv is missing on this machine",
      ],
    ] as const;
    for (const [context, means, text] of cases) expect(messageOf(() => planSecurity(context, means))).to.equal(text);
  });

  it("runs as the provider's own user without privileges", () => {
    const { identity, setpriv } = planSecurity({ runAsUser: 1000, runAsNonRoot: true }, USER);
    expect(identity).to.deep.equal({ uid: 1000, gid: 1000, groups: [4] });
    expect(setpriv).to.deep.equal([]);
  });

  it("lets the first process die with the shim where no namespace does it", () => {
    expect(planSecurity({}, { ...USER, dieWithParent: true }).setpriv).to.deep.equal(["--pdeathsig", "KILL"]);
  });
});

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as RuntimeError).message;
  }
  return "no error";
}
