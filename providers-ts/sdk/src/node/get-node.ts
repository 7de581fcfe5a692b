/** The GetNode RPC: what the provider reports, and what the SDK knows itself. Answers in every state. */
import { type GetNodeResponse, ProviderState } from "@outboard/contract";
import type { Core } from "../core.js";
import { describeError } from "../errors.js";
import { fitNode } from "../fit.js";
import type { NodeReport } from "../provider.js";

/** A provider that hangs shows on its node within this time. The contract allows no less than 15. */
const VALID_FOR_SECONDS = 20;

const START_FAILED: Texts = {
  reason: "ProviderStartFailed",
  message: "the provider cannot start and tries again; its log says why",
};

const STATES = { ready: ProviderState.READY, degraded: ProviderState.DEGRADED, broken: ProviderState.BROKEN } as const;

/** Answers from memory. */
export function getNode(core: Core): GetNodeResponse {
  const report = core.starter.state.kind === "waiting-for-owner" ? undefined : readReport(core);
  const fitted = fitNode(answerOf(core, report));
  if (fitted.kind === "fits") return fitted.value;
  core.log.warn({ problem: fitted.problem }, "node report over its limits was dropped");
  return answerOf(core, { state: "broken", reason: "InternalError", message: "the node report is over its limits" });
}

function answerOf(core: Core, report: NodeReport | undefined): GetNodeResponse {
  return {
    ...stateOf(core, report),
    inventoryComplete: core.pods.complete,
    node: report?.node,
    validForSeconds: VALID_FOR_SECONDS,
    info: new Map(report?.info),
  };
}

function stateOf(core: Core, report: NodeReport | undefined): Pick<GetNodeResponse, "state" | "reason" | "message"> {
  switch (core.starter.state.kind) {
    case "waiting-for-owner":
      return { state: ProviderState.STARTING, reason: "NoOwner", message: "waits for the first gateway" };
    case "starting":
      return { state: ProviderState.STARTING, reason: "ProviderStarting", message: "the provider starts" };
    case "failed":
      return { state: ProviderState.BROKEN, ...textsOf(report, START_FAILED) };
    case "started":
      return { state: STATES[report?.state ?? "broken"], ...textsOf(report, { reason: "", message: "" }) };
  }
}

interface Texts {
  readonly reason: string;
  readonly message: string;
}

function textsOf(report: NodeReport | undefined, otherwise: Texts): Texts {
  return { reason: report?.reason ?? otherwise.reason, message: report?.message ?? otherwise.message };
}

function readReport(core: Core): NodeReport {
  try {
    return core.provider.node();
  } catch (error) {
    core.log.error({ err: describeError(error) }, "node report failed");
    return { state: "broken", reason: "InternalError", message: "the provider cannot report the node's state" };
  }
}
