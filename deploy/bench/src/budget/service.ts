// Who was served when: the requests of one gateway after a moment, sorted by what they are for. Pure.

import type { ApiRequest } from "../audit-log.js";
import { percentile } from "../percentiles.js";

/** Pods of one name's beginning share what happens to them. */
export const KINDS = { end: "ends", start: "starts", seen: "changes" } as const;

export type ServiceClass = keyof typeof KINDS | "events";

export interface Service {
  readonly of: ServiceClass;
  /** Requests that were done. */
  readonly count: number;
  /** Seconds from the moment until half, and until all of them were taken. */
  readonly half: number;
  readonly all: number;
}

export interface BudgetFigures {
  readonly budget: number;
  readonly services: readonly Service[];
  /** The longest time between two renewals of the lease, seconds. */
  readonly leaseGap: number;
}

/** Most important first: the order in which they are to be served. */
export const ORDER: readonly ServiceClass[] = ["end", "start", "seen", "events"];

export function toFigures(requests: readonly ApiRequest[], from: number, budget: number): BudgetFigures {
  const since = requests.filter(({ at, code }) => at >= from && code < 300);
  const services = ORDER.map((of) =>
    toService(
      of,
      since.filter((request) => classOf(request) === of),
      from,
    ),
  );
  const renewals = requests.filter(({ what }) => what === "update leases").map(({ at }) => at);
  const gaps = renewals.slice(1).map((at, index) => at - (renewals[index] ?? at));
  return { budget, services, leaseGap: Math.max(0, ...gaps) / 1_000 };
}

/** undefined: of none of these pods, such as the node's own. */
export function classOf({ what, name = "" }: ApiRequest): ServiceClass | undefined {
  if (what === "create events" || what === "patch events") return "events";
  if (what !== "patch pods/status" && what !== "delete pods") return undefined;
  return ORDER.find((of) => of !== "events" && name.startsWith(`${KINDS[of]}-`));
}

function toService(of: ServiceClass, requests: readonly ApiRequest[], from: number): Service {
  const seconds = requests.map(({ at }) => (at - from) / 1_000);
  return { of, count: seconds.length, half: percentile(seconds, 50), all: percentile(seconds, 100) };
}

/** Classes that came after one of less importance; empty: all in order. */
export function outOfOrder({ services }: BudgetFigures): readonly string[] {
  return services.flatMap((service, index) => {
    const next = services[index + 1];
    return next !== undefined && service.half > next.half ? [`${service.of} after ${next.of}`] : [];
  });
}
