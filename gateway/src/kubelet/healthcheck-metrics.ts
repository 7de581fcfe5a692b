/** /metrics/slis: how the health checks went, under the names that all of Kubernetes' programs use. */
import { Counter, Gauge, Registry } from "prom-client";

/** Counts health checks. */
export interface HealthcheckMetrics {
  readonly registry: Registry;
  /** One check of one request for all of them. */
  observe(name: string, type: "healthz", isHealthy: boolean): void;
}

/** Makes the metrics; they are empty until the first check. `startedAt`: of the process, milliseconds since 1970. */
export function createHealthcheckMetrics(startedAt: number): HealthcheckMetrics {
  const registry = new Registry();
  const registers = [registry];
  const last = new Gauge({
    name: "kubernetes_healthcheck",
    help: "[STABLE] This metric records the result of a single healthcheck.",
    labelNames: ["name", "type"],
    registers,
  });
  const all = new Counter({
    name: "kubernetes_healthchecks_total",
    help: "[STABLE] This metric records the results of all healthcheck.",
    labelNames: ["name", "type", "status"],
    registers,
  });
  const start: Gauge = new Gauge({
    name: "process_start_time_seconds",
    help: "[ALPHA] Start time of the process since unix epoch in seconds.",
    registers,
    collect: () => start.set(startedAt / 1000),
  });
  return {
    registry,
    observe(name, type, isHealthy) {
      last.set({ name, type }, isHealthy ? 1 : 0);
      all.inc({ name, type, status: isHealthy ? "success" : "error" });
    },
  };
}
