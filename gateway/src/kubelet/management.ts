/** The management port: plain HTTP for the operator's own probes and scrapes; loopback by default, nothing about pods. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger } from "pino";
import type { HealthView } from "../ports/kubelet.js";
import type { KubeletMetrics } from "./metrics.js";
import { createServer } from "./node-http.js";
import { replyError, replyText } from "./reply.js";

/** What it shows. */
export interface ManagementOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  readonly health: HealthView;
  readonly metrics: KubeletMetrics;
  readonly logger: Logger;
}

/** The management port. */
export interface ManagementServer {
  listen(): Promise<{ readonly port: number }>;
  close(): Promise<void>;
}

/** Makes the server: /healthz, /readyz with reasons, /metrics. */
export function createManagementServer(options: ManagementOptions): ManagementServer {
  const host = options.host ?? "127.0.0.1";
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000, maxHeaderSize: 16_384 });
  server.maxConnections = 64;
  server.on("request", (request, response) => void answer(options, request, response));
  return {
    async listen() {
      const port = await listen(server, options.port, host);
      options.logger.info({ host, port }, "The management port listens.");
      return { port };
    },
    async close() {
      if (!server.listening) return;
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(options: ManagementOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await route(options, request, response);
  } catch (error) {
    options.logger.error(
      { error: error instanceof Error ? error.message : String(error) },
      "A management request failed.",
    );
    if (response.headersSent) response.destroy();
    else replyError(response, 500, "Internal Server Error");
  }
}

async function route(
  { health, metrics }: ManagementOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return replyText(response, 405, "405: Method Not Allowed", { Allow: "GET, HEAD" });
  }
  switch (request.url?.split("?", 1)[0]) {
    case "/healthz":
      return replyReasons(
        response,
        [health.syncLoop()].filter((reason) => reason !== undefined),
      );
    case "/readyz":
      return replyReasons(response, health.notReady());
    case "/metrics":
      return replyText(response, 200, await metrics.registry.metrics(), {
        "Content-Type": metrics.registry.contentType,
      });
    default:
      return replyError(response, 404, "404 page not found");
  }
}

function replyReasons(response: ServerResponse, reasons: readonly string[]): void {
  if (reasons.length === 0) replyText(response, 200, "ok");
  else replyText(response, 503, reasons.map((reason) => `${reason}\n`).join(""));
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
