// One phase of a run, measured: CPU of both programs before and after, the gateway's requests in between.

import { type ApiRequest, between, countRequests } from "./audit-log.js";
import type { PhaseFigures, ProgramName } from "./figures.js";
import { spreadOf } from "./percentiles.js";
import { readUsage } from "./process-usage.js";
import { type Rig, waitFor } from "./rig.js";

/** What is measured: programs that speak to the API server, and providers behind them. */
export interface Measured extends Pick<Rig, "requests" | "check"> {
  readonly pids: Readonly<Record<ProgramName, readonly number[]>>;
}

/** What the work of a phase ended with. */
export interface PhaseWork {
  /** Each pod's own time. */
  readonly podMs: readonly number[];
  /** How long it took; absent: as long as the work did. */
  readonly seconds?: number;
}

const QUIET_MS = 2_000;
const LONGEST_QUIET_MS = 300_000;

export async function measurePhase(
  rig: Measured,
  name: PhaseFigures["name"],
  work: () => Promise<PhaseWork>,
  signal: AbortSignal,
): Promise<PhaseFigures> {
  const [from, started] = [Date.now(), performance.now()];
  const before = cpuOf(rig);
  const { podMs, seconds } = await work();
  const wallSeconds = seconds ?? (performance.now() - started) / 1000;
  if (name !== "idle") await untilQuiet(rig, signal);
  const after = cpuOf(rig);
  const requests = between(rig.requests(), from, Date.now());
  return {
    name,
    wallSeconds,
    ...(podMs.length === 0 ? {} : { podMs: spreadOf(podMs) }),
    cpuMs: { gateway: after.gateway - before.gateway, provider: after.provider - before.provider },
    requests: Object.fromEntries(countRequests(requests)),
    refused: Object.fromEntries(countRequests(requests.filter(({ code }) => code >= 400).map(withCode))),
  };
}

/** Events and last statuses come after the pods: a phase ends when only the node's own heartbeat is left. */
export async function untilQuiet(rig: Pick<Measured, "requests" | "check">, signal: AbortSignal): Promise<void> {
  const from = Date.now();
  const probe = (): boolean => {
    const last = rig
      .requests()
      .reduce((latest, request) => (isAboutPods(request) ? Math.max(latest, request.at) : latest), from);
    return Date.now() - last >= QUIET_MS;
  };
  await waitFor(() => rig.check(), probe, {
    message: "the end of the gateway's requests",
    timeoutMs: LONGEST_QUIET_MS,
    signal,
  });
}

function isAboutPods({ what }: ApiRequest): boolean {
  return !/^watch | (leases|nodes|nodes\/status)$/.test(what);
}

function withCode(request: ApiRequest): ApiRequest {
  return { ...request, what: `${request.what} ${request.code}` };
}

function cpuOf({ pids }: Measured): Readonly<Record<ProgramName, number>> {
  const cpuMs = (name: ProgramName): number =>
    pids[name].reduce((sum, pid) => sum + readUsage(pid).cpuSeconds * 1000, 0);
  return { gateway: cpuMs("gateway"), provider: cpuMs("provider") };
}
