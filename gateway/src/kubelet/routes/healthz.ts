/** /healthz with its checks: ping, log, syncloop. As the kubelet, reasons are shown to nobody but the log. */
import type { Logger } from "pino";
import type { HealthView } from "../../ports/kubelet.js";
import type { Exchange } from "../exchange.js";
import type { HealthcheckMetrics } from "../healthcheck-metrics.js";
import { replyError, replyText } from "../reply.js";
import type { Service } from "../route-table.js";

/** One check; why it fails, or undefined. */
interface Check {
  readonly name: string;
  readonly fault: () => string | undefined;
}

const NOSNIFF = { "X-Content-Type-Options": "nosniff" };

/** Who knows, and who is told. */
export interface HealthzOptions {
  readonly health: HealthView;
  readonly logger: Logger;
  readonly healthchecks: HealthcheckMetrics;
}

/** /healthz, and one service per check. */
export function healthzServices({ health, logger, healthchecks }: HealthzOptions): readonly Service[] {
  const checks: readonly Check[] = [
    { name: "ping", fault: () => undefined },
    { name: "log", fault: () => undefined },
    { name: "syncloop", fault: () => health.syncLoop() },
  ];
  return [
    service("/healthz", (exchange) => answerAll(checks, exchange, { logger, healthchecks })),
    ...checks.map((check) => service(`/healthz/${check.name}`, (exchange) => answerOne(check, exchange))),
  ];
}

function service(root: string, handle: (exchange: Exchange) => void): Service {
  const routes = [{ pattern: "", methods: "any", handle }] as const;
  return { name: "healthz", root, exact: true, subresources: ["healthz", "proxy"], routes };
}

function answerAll(
  checks: readonly Check[],
  { query, response }: Exchange,
  { logger, healthchecks }: Pick<HealthzOptions, "logger" | "healthchecks">,
): void {
  const excluded = new Set(query.getAll("exclude"));
  const results = checks.map((check) => ({ ...check, excluded: excluded.has(check.name), why: check.fault() }));
  for (const { name, why } of results.filter((result) => !result.excluded)) {
    healthchecks.observe(name, "healthz", why === undefined);
  }
  const failed = results.filter((result) => !result.excluded && result.why !== undefined);
  const unknown = [...excluded].filter((name) => !checks.some((check) => check.name === name)).sort();
  const lines = [
    ...results.map((result) => lineOf(result.name, result.excluded, result.why !== undefined)),
    ...(unknown.length === 0 ? [] : [unknownLine(unknown)]),
  ];
  if (failed.length > 0) {
    logger.warn({ failed: failed.map(({ name, why }) => ({ name, why })) }, "The health check failed.");
    return replyError(response, 500, `${lines.join("")}healthz check failed`);
  }
  replyText(response, 200, query.has("verbose") ? `${lines.join("")}healthz check passed\n` : "ok", NOSNIFF);
}

function answerOne(check: Check, { response }: Exchange): void {
  const why = check.fault();
  if (why === undefined) replyText(response, 200, "ok");
  else replyError(response, 500, `internal server error: ${why}`);
}

function lineOf(name: string, excluded: boolean, failed: boolean): string {
  if (excluded) return `[+]${name} excluded: ok\n`;
  return failed ? `[-]${name} failed: reason withheld\n` : `[+]${name} ok\n`;
}

function unknownLine(names: readonly string[]): string {
  const list = names.map((name) => JSON.stringify(name)).join(",");
  return `warn: some health checks cannot be excluded: no matches for ${list}\n`;
}
