/** One check of a container: exec, HTTP, TCP, gRPC. Answers instead of rejecting. */
import { connect } from "node:net";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { ActionManifest, ContainerManifest, HttpGetManifest } from "../manifest.js";
import type { Pod } from "../pod.js";
import type { ContainerRuntime, SessionIO } from "../runtime.js";
import { orAborted } from "../or-aborted.js";
import { runGrpc } from "./grpc-health.js";

/** How a check went. */
export interface CheckResult {
  readonly isOk: boolean;
  /** It could not be asked: says nothing about the container. */
  readonly isUnknown?: boolean;
  /** For the event; what the container or the network said. */
  readonly output: string;
}

/** What to check. */
export interface CheckTarget {
  readonly pod: Pod;
  readonly container: string;
}

const LONGEST_OUTPUT_BYTES = 10 * 1024;

/** Runs the action of a probe. The signal is aborted when its time is up. */
export async function runCheck(
  runtime: ContainerRuntime,
  target: CheckTarget,
  action: ActionManifest,
  signal: AbortSignal,
): Promise<CheckResult> {
  if (action.exec !== undefined)
    return await runExec(runtime, { ...target, command: action.exec.command ?? [] }, signal);
  if (action.tcpSocket !== undefined) return await runTcp(target, action.tcpSocket, signal);
  if (action.grpc !== undefined) return await runGrpc(hostOf(target.pod, undefined), action.grpc, signal);
  return await runHttp(target.pod, target.container, action, signal);
}

/** Runs a command in the container: 0 is good. */
export async function runExec(
  runtime: ContainerRuntime,
  target: CheckTarget & { readonly command: readonly string[] },
  signal: AbortSignal,
): Promise<CheckResult> {
  const { pod, container, command } = target;
  const attempt = pod.record.containers.get(container)?.current?.attempt;
  if (runtime.exec === undefined || attempt === undefined) return { isOk: false, output: "the command cannot be run" };
  const output = new OutputCollector();
  try {
    const exit = await orAborted(runtime.exec(pod.uid, container, attempt, command, output.io, signal), signal);
    const isUnknown = exit.exitCode === undefined && exit.error !== undefined;
    return { isOk: exit.exitCode === 0, isUnknown, output: exit.error ?? output.text() };
  } catch (error) {
    if (signal.aborted) return { isOk: false, output: `command timed out: "${command.join(" ")}" timed out` };
    return { isOk: false, isUnknown: true, output: error instanceof Error ? error.message : "unknown error" };
  }
}

/** Standard output and error together, as far as they are short. */
class OutputCollector {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;
  readonly io: SessionIO = {
    stdout: async (bytes) => await this.#add(bytes),
    stderr: async (bytes) => await this.#add(bytes),
  };

  async #add(bytes: Uint8Array): Promise<void> {
    const room = LONGEST_OUTPUT_BYTES - this.#length;
    const kept = bytes.slice(0, Math.max(0, room));
    this.#chunks.push(kept);
    this.#length += kept.length;
    return await Promise.resolve();
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}

/** Sends a GET: 200 to 399 is good. */
export async function runHttp(
  pod: Pod,
  containerName: string,
  action: ActionManifest,
  signal: AbortSignal,
): Promise<CheckResult> {
  const get = action.httpGet;
  const container = pod.container(containerName)?.container;
  const port = get === undefined ? undefined : portNumber(get.port, container);
  if (get === undefined || port === undefined) return { isOk: false, output: "the port of the probe is not known" };
  try {
    const status = await getStatus(toOptions(pod, get, port), get.scheme === "HTTPS", signal);
    const isOk = status >= 200 && status < 400;
    return { isOk, output: isOk ? "" : `HTTP probe failed with statuscode: ${status}` };
  } catch (error) {
    const scheme = (get.scheme ?? "HTTP").toLowerCase();
    const url = `${scheme}://${hostPort(hostOf(pod, get.host), port)}${get.path ?? "/"}`;
    return { isOk: false, output: `Get "${url}": ${networkError(error, hostOf(pod, get.host), port, signal)}` };
  }
}

interface GetOptions {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

function toOptions(pod: Pod, get: HttpGetManifest, port: number): GetOptions {
  const own = Object.fromEntries((get.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  const path = get.path ?? "/";
  return {
    host: hostOf(pod, get.host),
    port,
    path: path.startsWith("/") ? path : `/${path}`,
    headers: { "User-Agent": "kube-probe/1.37", Accept: "*/*", Connection: "close", ...own },
  };
}

async function getStatus(options: GetOptions, isTls: boolean, signal: AbortSignal): Promise<number> {
  return await new Promise((resolve, reject) => {
    const settings = { ...options, signal, agent: false, rejectUnauthorized: false };
    const request = (isTls ? requestHttps : requestHttp)(settings, (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    request.on("error", reject);
    request.end();
  });
}

async function runTcp(
  target: CheckTarget,
  socket: NonNullable<ActionManifest["tcpSocket"]>,
  signal: AbortSignal,
): Promise<CheckResult> {
  const port = portNumber(socket.port, target.pod.container(target.container)?.container);
  if (port === undefined) return { isOk: false, output: "the port of the probe is not known" };
  const host = hostOf(target.pod, socket.host);
  return await new Promise((resolve) => {
    const connection = connect({ host, port, signal });
    connection.on("connect", () => {
      connection.destroy();
      resolve({ isOk: true, output: "" });
    });
    connection.on("error", (error) => resolve({ isOk: false, output: networkError(error, host, port, signal) }));
  });
}

/** Without addresses of its own the pod is on this machine's loopback. */
function hostOf(pod: Pod, host: string | undefined): string {
  return host !== undefined && host !== "" ? host : (pod.record.sandbox.podIPs[0] ?? "127.0.0.1");
}

function portNumber(port: number | string, container: ContainerManifest | undefined): number | undefined {
  if (typeof port === "number") return port;
  const named = container?.ports?.find((candidate) => candidate.name === port)?.containerPort;
  return named ?? (/^\d+$/.test(port) ? Number(port) : undefined);
}

function hostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function networkError(error: unknown, host: string, port: number, signal: AbortSignal): string {
  if (signal.aborted) return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ECONNREFUSED") return `dial tcp ${hostPort(host, port)}: connect: connection refused`;
  return `dial tcp ${hostPort(host, port)}: ${code ?? "unknown error"}`;
}
