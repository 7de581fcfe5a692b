/** The gRPC health check as one HTTP/2 request: small enough to need no gRPC library. */
import { type ClientHttp2Stream, connect, constants } from "node:http2";
import type { CheckResult } from "./check.js";

const SERVING = 1;

/** Asks grpc.health.v1.Health/Check. */
export async function runGrpc(
  host: string,
  target: { readonly port: number; readonly service?: string },
  signal: AbortSignal,
): Promise<CheckResult> {
  const service = target.service ?? "";
  const address = host.includes(":") ? `[${host}]:${target.port}` : `${host}:${target.port}`;
  try {
    const answer = await call(`http://${address}`, service, signal);
    if (answer.grpcStatus === "12") {
      const text = "error: this server does not implement the grpc health protocol (grpc.health.v1.Health)";
      return { isOk: false, output: `${text}: ${answer.grpcMessage}` };
    }
    if (answer.grpcStatus !== "0") {
      return { isOk: false, output: `error: health rpc probe failed: rpc error: ${codeText(answer)}` };
    }
    if (answer.health === SERVING) return { isOk: true, output: "service healthy" };
    return { isOk: false, output: `service unhealthy (responded with "${healthText(answer.health)}")` };
  } catch {
    const why = signal.aborted ? "context deadline exceeded" : "connection refused";
    return { isOk: false, output: `timeout: failed to connect service "${address}": ${why}` };
  }
}

interface Answer {
  readonly grpcStatus: string;
  readonly grpcMessage: string;
  readonly health: number;
}

async function call(url: string, service: string, signal: AbortSignal): Promise<Answer> {
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
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: "/grpc.health.v1.Health/Check",
      [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
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

const CODES = ["OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists"];

function codeText({ grpcStatus, grpcMessage }: Answer): string {
  return `code = ${CODES[Number(grpcStatus)] ?? grpcStatus} desc = ${grpcMessage}`;
}
