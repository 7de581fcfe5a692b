import { expect } from "chai";
import { Code, StatusError } from "@outboard/contract";
import type { CriClient } from "../client/cri-client.js";
import { PodSandboxState } from "../gen/runtime/v1/api.js";
import type { Inventory } from "./inventory.js";
import { podStats } from "./stats.js";

const SIGNAL = new AbortController().signal;
const inventory = {
  sandboxes: async () => [{ id: "sandbox", state: PodSandboxState.SANDBOX_READY }],
} as unknown as Inventory;

/** A runtime that knows no container any more and answers so when asked for the sandbox's figures. */
function runtimeThatSays(code: Code): CriClient {
  const error = new StatusError(code, "failed to decode pod sandbox metrics: ttrpc: closed");
  const runtime = {
    listContainerStats: async () => ({ stats: [] }),
    podSandboxStats: async () => await Promise.reject(error),
  };
  return { runtime } as unknown as CriClient;
}

describe("the figures of a pod", () => {
  it("are without the sandbox's own while that is ending", async () => {
    for (const code of [Code.NOT_FOUND, Code.UNKNOWN, Code.UNIMPLEMENTED]) {
      expect(await podStats(runtimeThatSays(code), inventory, "uid", SIGNAL)).to.deep.equal({ containers: [] });
    }
  });

  it("cannot be told while the runtime is away", async () => {
    const asked = await podStats(runtimeThatSays(Code.UNAVAILABLE), inventory, "uid", SIGNAL).catch(
      (error: unknown) => error,
    );
    expect(asked).to.be.an.instanceOf(StatusError);
  });
});
