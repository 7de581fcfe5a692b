// What a burst took, from what a watch saw and from what the audit log says. Pure.

import type { ApiRequest } from "../audit-log.js";
import { spreadOf } from "../percentiles.js";
import type { PodTimes } from "../pod-watch.js";
import type { AuditClock, CurvePoint } from "./figures.js";

const CURVE_POINTS = 120;

/** How the pods came to a point, as at most 120 points of time since `begin`; the last pod is always one of them. */
export function curveOf(moments: readonly number[], begin: number): CurvePoint[] {
  const sorted = moments.toSorted((left, right) => left - right);
  const step = Math.max(1, Math.ceil(sorted.length / CURVE_POINTS));
  return sorted.flatMap((moment, index): CurvePoint[] => {
    const isShown = (index + 1) % step === 0 || index === sorted.length - 1;
    return isShown ? [[rounded((moment - begin) / 1000), index + 1]] : [];
  });
}

/** From each create's answer until the watch showed the pod Running; 0 where the watch was first. */
export function createdToRunning(
  answered: ReadonlyMap<string, number>,
  times: ReadonlyMap<string, PodTimes>,
): number[] {
  return [...answered].flatMap(([name, created]) => {
    const running = times.get(name)?.running;
    return running === undefined ? [] : [Math.max(0, running - created)];
  });
}

export interface AuditSource {
  /** Requests of whoever creates pods. */
  readonly load: readonly ApiRequest[];
  /** Requests of the contender. */
  readonly contender: readonly ApiRequest[];
  /** When the watch showed each pod Running, milliseconds since 1970. */
  readonly running: ReadonlyMap<string, number>;
}

/** Absent when the log does not have every pod: parts of a log are no clock. */
export function auditClock({ load, contender, running }: AuditSource): AuditClock | undefined {
  const created = new Map(load.filter(isCreate).map((request) => [request.name, request]));
  const writes = Map.groupBy(contender.filter(isStatusWrite), ({ name }) => name);
  const spans = [...running].flatMap(([name, seen]) => {
    const from = created.get(name);
    const to = writes.get(name)?.findLast(({ at }) => at <= seen);
    return from === undefined || to === undefined ? [] : [{ received: from.at, from: from.doneAt, to: to.doneAt }];
  });
  if (spans.length === 0 || spans.length < running.size) return undefined;
  const begin = spans.reduce((first, { received }) => Math.min(first, received), Infinity);
  const end = spans.reduce((last, { to }) => Math.max(last, to), 0);
  return {
    podsPerSecond: spans.length / Math.max(0.001, (end - begin) / 1000),
    podMs: spreadOf(spans.map(({ from, to }) => Math.max(0, to - from))),
  };
}

function isCreate({ what, code }: ApiRequest): boolean {
  return what === "create pods" && code < 300;
}

function isStatusWrite({ what, code }: ApiRequest): boolean {
  return /^(patch|update) pods\/status$/.test(what) && code < 300;
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
