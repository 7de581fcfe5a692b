/**
 * A request's way: path, root, caller, permission, route, handler. The order is the kubelet's and must stay: nothing below a
 * known root is told to callers that may not ask. Whatever goes wrong stays in its own request.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { UserInfo } from "../ports/auth.js";
import type { Clock } from "../ports/clock.js";
import type { Authenticator } from "./auth/authenticator.js";
import type { Authorizer } from "./auth/authorizer.js";
import type { UpgradeOffer } from "./exchange.js";
import type { KubeletMetrics } from "./metrics.js";
import { replyError, replyRedirect, replyText } from "./reply.js";
import { parseTarget } from "./request-path.js";
import type { RouteTable, Service } from "./route-table.js";
import { findRoute, findService } from "./router.js";

/** What requests pass through. */
export interface PipelineOptions {
  readonly table: RouteTable;
  readonly authenticate: Authenticator;
  readonly authorize: Authorizer;
  readonly metrics: KubeletMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Aborts when the server closes. */
  readonly closing: AbortSignal;
}

/** One request as the server got it. */
export interface Incoming {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly upgrade?: UpgradeOffer;
}

/** Takes a request to its end. Never throws or rejects. */
export type Pipeline = (incoming: Incoming) => Promise<void>;

/** A request on its way, with what the log and the metrics want to know. */
interface Passage extends Incoming {
  readonly method: string;
  route: string;
  user: string;
}

/** Makes the pipeline. */
export function createPipeline(options: PipelineOptions): Pipeline {
  return async (incoming) => {
    const passage: Passage = { ...incoming, method: incoming.request.method ?? "", route: "unknown", user: "" };
    record(options, passage);
    try {
      await pass(options, passage);
    } catch (error) {
      fail(options, passage, error);
    }
  };
}

async function pass(options: PipelineOptions, passage: Passage): Promise<void> {
  const { request, response, method } = passage;
  const target = parseTarget(request.url ?? "");
  if (target.kind === "malformed") return replyText(response, 400, "400 Bad Request", { Connection: "close" });
  if (target.kind === "unclean") return replyRedirect(response, method, target.location);
  const match = findService(options.table, target.path);
  if (match.kind === "unknown") return replyError(response, 404, "404 page not found");
  if (match.kind === "redirect") {
    return replyRedirect(response, method, target.query === "" ? match.path : `${match.path}?${target.query}`);
  }
  passage.route = match.service.name;
  const user = await admit(options, passage, match.service);
  if (user !== undefined) await handle(options, passage, { service: match.service, ...target, user });
}

/** The caller, if it may call this service; else it got its answer. */
async function admit(options: PipelineOptions, passage: Passage, service: Service): Promise<UserInfo | undefined> {
  const { response, method, request } = passage;
  const { metrics, logger } = options;
  const who = await options.authenticate(request);
  metrics.authentication(who.method, who.kind);
  if (who.kind !== "authenticated") {
    if (who.kind === "failed") logger.error({ error: messageOf(who.cause) }, "A token could not be reviewed.");
    else logger.debug({ method: who.method, reason: who.reason }, "A caller was refused.");
    replyText(response, 401, "Unauthorized");
    return undefined;
  }
  passage.user = who.user.name;
  const decision = await options.authorize({ user: who.user, method, subresources: service.subresources });
  metrics.authorization(decision.kind);
  if (decision.kind === "allowed") return who.user;
  if (decision.kind === "failed") logger.error({ error: messageOf(decision.cause) }, decision.text);
  replyText(response, decision.kind === "denied" ? 403 : 500, decision.text);
  return undefined;
}

interface Admitted {
  readonly service: Service;
  readonly path: string;
  readonly query: string;
  readonly user: UserInfo;
}

async function handle(options: PipelineOptions, passage: Passage, admitted: Admitted): Promise<void> {
  const { request, response, method, upgrade } = passage;
  const { service, path, user } = admitted;
  const found = findRoute(service, path, method);
  if (found.kind === "unknown") return replyText(response, 404, "404: Page Not Found");
  if (found.kind === "wrong-method") {
    return replyText(response, 405, "405: Method Not Allowed", { Allow: found.allow.join(", ") });
  }
  const gone = new AbortController();
  response.once("close", () => gone.abort(new Error("the request is over")));
  const signal = AbortSignal.any([gone.signal, options.closing]);
  const query = new URLSearchParams(admitted.query);
  await found.route.handle({ request, response, path, params: found.params, query, user, signal, upgrade });
}

function fail(options: PipelineOptions, passage: Passage, error: unknown): void {
  const { response, route } = passage;
  const level = options.closing.aborted || response.destroyed ? "debug" : "error";
  options.logger[level]({ route, error: messageOf(error) }, "A request to the kubelet API failed.");
  if (response.headersSent || response.destroyed) response.destroy();
  else if (options.closing.aborted) replyError(response, 503, "the gateway is stopping");
  else replyError(response, 500, "Internal Server Error");
}

/** Access log and metrics, once the answer is over. The query is left out: it may carry secrets. */
function record(options: PipelineOptions, passage: Passage): void {
  const { response, method, request } = passage;
  const started = options.clock.now();
  response.once("finish", () => {
    if (options.closing.aborted) request.socket.end();
  });
  response.once("close", () => {
    const ms = options.clock.now() - started;
    const code = response.headersSent || response.statusCode === 101 ? response.statusCode : 0;
    options.metrics.requestEnded(passage.route, method, code, ms / 1000);
    const path = request.url?.split("?", 1)[0];
    options.logger.debug(
      { method, path, code, ms, user: passage.user, complete: response.writableFinished },
      "request",
    );
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
