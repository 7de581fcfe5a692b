import { expect } from "chai";
import { readFileSync } from "node:fs";
import type { ContainerKindName, RestartRule } from "./manifest.js";
import { decideRestart } from "./restart.js";

interface Vector {
  readonly name: string;
  readonly pod: { readonly restartPolicy: string; readonly deleted: boolean };
  readonly container: {
    readonly kind: ContainerKindName;
    readonly restartPolicy?: string;
    readonly restartPolicyRules?: readonly RestartRule[];
  };
  readonly exitCode: number;
  readonly killedBy?: "liveness" | "startup";
  readonly mainContainersFinished?: boolean;
  readonly expect: { readonly restarts: boolean; readonly restartAllContainers: boolean };
}

const file = new URL("../../../../proto/vectors/restart-rules.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { readonly cases: readonly Vector[] };

describe("restart rules (test vectors of the contract)", () => {
  it("has vectors", () => {
    expect(cases.length).to.be.greaterThan(40);
  });
  for (const vector of cases) {
    it(vector.name, () => {
      const { pod, container, exitCode, killedBy, mainContainersFinished } = vector;
      const decision = decideRestart({
        podRestartPolicy: pod.restartPolicy,
        podStopping: pod.deleted,
        ...container,
        exitCode,
        killedBy,
        mainContainersFinished,
      });
      expect(decision).to.deep.equal(vector.expect);
    });
  }
});
