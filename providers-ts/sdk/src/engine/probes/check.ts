/** One check of a container: exec, HTTP, TCP, gRPC. Answers instead of rejecting. */
import { connect } from "node:net";
import type { ActionManifest, ContainerManifest, HttpGetManifest } from "../manifest.js";
import type { ContainerRuntime } from "../runtime.js";
import { expandStatic } from "./expand-static.js";
import { runGrpc } from "./grpc-health.js";
import { httpGet } from "./http-get.js";
import { hostPort, networkError } from "./network-error.js";
import { hostOf, portNumber } from "./ports.js";
import { type CheckTarget, probeIn } from "./run-exec.js";

/** How a check went. */
export type CheckResult =
  /** warning: good, with something to tell. */
  | { readonly kind: "ok"; readonly warning?: string }
  /** output: for the event; what the container or the network said. */
  | { readonly kind: "failed"; readonly output: string }
  /** It could not be asked: says nothing about the container. */
  | { readonly kind: "unknown"; readonly output: string };

/** When a check is over. */
export interface CheckTime {
  readonly signal: AbortSignal;
  /** For texts. */
  readonly seconds: number;
}

/** Runs the action of a probe. */
export async function runCheck(
  runtime: ContainerRuntime,
  target: CheckTarget,
  action: ActionManifest,
  time: CheckTime,
): Promise<CheckResult> {
  const container = target.pod.container(target.container)?.container;
  try {
    if (action.exec !== undefined) return await checkExec(runtime, target, action.exec.command ?? [], time);
    if (action.tcpSocket !== undefined) return await checkTcp(target, action.tcpSocket, container, time);
    if (action.grpc !== undefined) return await runGrpc(target.pod, action.grpc, time);
    if (action.httpGet !== undefined) return await checkHttp(target, action.httpGet, container, time);
  } catch (error) {
    return { kind: "unknown", output: error instanceof Error ? error.message : "unknown error" };
  }
  return { kind: "unknown", output: "missing probe handler" };
}

/** 0 is good. */
async function checkExec(
  runtime: ContainerRuntime,
  target: CheckTarget,
  command: readonly string[],
  time: CheckTime,
): Promise<CheckResult> {
  const env = target.pod.container(target.container)?.container.env ?? [];
  const expanded = command.map((part) => expandStatic(part, env));
  const result = await probeIn(runtime, target, expanded, time);
  switch (result.kind) {
    case "exited":
      return result.exitCode === 0 ? { kind: "ok" } : { kind: "failed", output: result.output };
    case "timed-out":
      return {
        kind: "failed",
        output: `command timed out: "${expanded.join(" ")}" timed out after ${time.seconds}s`,
      };
    case "errored":
      return { kind: "unknown", output: result.text };
  }
}

/** 200 to 399 is good; a redirect to another host is, with a warning. */
async function checkHttp(
  { pod }: CheckTarget,
  get: HttpGetManifest,
  container: ContainerManifest | undefined,
  { signal }: CheckTime,
): Promise<CheckResult> {
  const address = { host: hostOf(pod, get.host), port: portNumber(get.port, container) };
  try {
    const { status, body } = await httpGet(get, address, "probe", signal);
    if (status < 200 || status >= 400) {
      return { kind: "failed", output: `HTTP probe failed with statuscode: ${status}` };
    }
    return status < 300
      ? { kind: "ok" }
      : { kind: "ok", warning: `Probe terminated redirects, Response body: ${body}` };
  } catch (error) {
    return { kind: "failed", output: error instanceof Error ? error.message : "unknown error" };
  }
}

async function checkTcp(
  { pod }: CheckTarget,
  socket: NonNullable<ActionManifest["tcpSocket"]>,
  container: ContainerManifest | undefined,
  { signal }: CheckTime,
): Promise<CheckResult> {
  const address = { host: hostOf(pod, socket.host), port: portNumber(socket.port, container) };
  return await new Promise((resolve) => {
    const connection = connect({ ...address, signal });
    connection.on("connect", () => {
      connection.destroy();
      resolve({ kind: "ok" });
    });
    connection.on("error", (error) => {
      const text = signal.aborted ? `dial tcp ${hostPort(address)}: i/o timeout` : networkError(error, address);
      resolve({ kind: "failed", output: text });
    });
  });
}
