/** The gRPC health check as one HTTP/2 request: small enough to need no gRPC library. */
import { type ClientHttp2Stream, connect, constants } from "node:http2";
import { goCodeName } from "@outboard/contract";
import { sleep } from "../../clock/clock.js";
import type { Pod } from "../pod.js";
import type { CheckResult, CheckTime } from "./check.js";
import { hostPort } from "./network-error.js";
import { hostOf } from "./ports.js";

const SERVING = 1;
const UNIMPLEMENTED = 12;
/** As gRPC clients: a refused connection is tried again until the time is up. */
const RECONNECT_MS = 1000;

/** Asks grpc.health.v1.Health/Check. */
export async function runGrpc(
  pod: Pod,
  target: { readonly port: number; readonly service?: string },
  time: CheckTime,
): Promise<CheckResult> {
  const address = hostPort({ host: hostOf(pod, undefined), port: target.port });
  const progress = { isConnected: false };
  for (;;) {
    try {
      return judge(await call(`http://${address}`, target.service ?? "", time.signal, progress));
    } catch {
      if (!time.signal.aborted) await sleep(pod.context.clock, RECONNECT_MS, time.signal).catch(() => undefined);
      if (time.signal.aborted) return { kind: "failed", output: timeoutText(address, time.seconds, progress) };
    }
  }
}

function timeoutText(address: string, seconds: number, { isConnected }: Progress): string {
  return isConnected
    ? `timeout: health rpc did not complete within ${seconds}s`
    : `timeout: failed to connect service "${address}" within ${seconds}s: context deadline exceeded`;
}

function judge(answer: Answer): CheckResult {
  const code = Number(answer.grpcStatus);
  if (code === UNIMPLEMENTED) {
    const text = "error: this server does not implement the grpc health protocol (grpc.health.v1.Health)";
    return { kind: "failed", output: `${text}: ${answer.grpcMessage}` };
  }
  if (code !== 0) return { kind: "failed", output: `error: health rpc probe failed: rpc error: ${codeText(answer)}` };
  if (answer.health === SERVING) return { kind: "ok" };
  return { kind: "failed", output: `service unhealthy (responded with "${healthText(answer.health)}")` };
}

/** How far a call came. */
interface Progress {
  isConnected: boolean;
}

interface Answer {
  readonly grpcStatus: string;
  readonly grpcMessage: string;
  readonly health: number;
}

async function call(url: string, service: string, signal: AbortSignal, progress: Progress): Promise<Answer> {
  signal.throwIfAborted();
  return await new Promise((resolve, reject) => {
    const session = connect(url);
    const finish = (end: () => void): void => {
      signal.removeEventListener("abort", onAbort);
      session.destroy();
      end();
    };
    const onAbort = (): void => finish(() => reject(signal.reason as Error));
    signal.addEventListener("abort", onAbort);
    session.on("error", (error) => finish(() => reject(error)));
    session.on("remoteSettings", () => (progress.isConnected = true));
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: "/grpc.health.v1.Health/Check",
      [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
      [constants.HTTP2_HEADER_USER_AGENT]: "kube-probe/1.37",
      te: "trailers",
    });
    collect(stream, (answer) => finish(() => resolve(answer)));
    stream.on("error", (error) => finish(() => reject(error)));
    stream.end(encodeRequest(service));
  });
}

function collect(stream: ClientHttp2Stream, done: (answer: Answer) => void): void {
  const chunks: Buffer[] = [];
  let headers: Readonly<Record<string, unknown>> = {};
  stream.on("response", (received) => {
    headers = { ...headers, ...received };
  });
  stream.on("trailers", (received) => {
    headers = { ...headers, ...received };
  });
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => {
    const grpcStatus = textOf(headers["grpc-status"]);
    done({ grpcStatus, grpcMessage: textOf(headers["grpc-message"]), health: decodeHealth(Buffer.concat(chunks)) });
  });
}

function textOf(header: unknown): string {
  return typeof header === "string" ? decodeURIComponent(header) : "";
}

/** Field 1 of HealthCheckRequest: the service. */
function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

/** Field 1 of HealthCheckResponse: the status. */
function decodeHealth(bytes: Buffer): number {
  return bytes.length >= 7 && bytes[5] === 0x08 ? (bytes[6] ?? 0) : 0;
}

function healthText(health: number): string {
  return ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"][health] ?? "UNKNOWN";
}

function codeText({ grpcStatus, grpcMessage }: Answer): string {
  return `code = ${goCodeName(Number(grpcStatus)) ?? grpcStatus} desc = ${grpcMessage}`;
}
