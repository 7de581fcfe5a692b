/** Compares pods as the oracle's judge does: the sequence of states, the set of events, the status at each point. Pure. */
import type { ContainerStatus, PodStatus } from "./modules.js";
import { statusesOf } from "./recorded.js";

/** What is written at one time. */
export interface Written {
  readonly isTerminating: boolean;
  readonly status: PodStatus;
}

/** One point of a sequence and the last status written in it. */
export interface Point {
  readonly key: string;
  readonly status: unknown;
}

const RULES: readonly (readonly [RegExp, string])[] = [
  [/\b(?:sha256:)?[0-9a-f]{12,64}\b|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "ID"],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, "IP"],
  [/kube-api-access-[a-z0-9]{5}/g, "kube-api-access-X"],
  [/_g-[^ ()]+|_ns\b/g, "_NS"],
  [/\bg-[a-z0-9-]+\b/g, "NS"],
  [/\b\d+(?:\.\d+)?(?:ns|µs|us|ms|s|m\d+(?:\.\d+)?s)\b/g, "DUR"],
  [/containerd:\/\/[a-zA-Z0-9-]+/g, "RUNTIME://ID"],
  [/Image size: \d+ bytes/g, "Image size: N bytes"],
];

const UNLIMITED = "9007199254740988Ki";

/** A text without what differs from run to run. */
export function normalText(text: string): string {
  return RULES.reduce((changed, [pattern, to]) => changed.replaceAll(pattern, to), text);
}

/** The sequence. */
export function pointsOf(written: readonly Written[]): readonly Point[] {
  const points: Point[] = [];
  for (const each of written) {
    const point = { key: keyOf(each), status: normal(each.status) };
    if (points.at(-1)?.key === point.key) points.pop();
    points.push(point);
  }
  return points;
}

function keyOf({ isTerminating, status }: Written): string {
  const { phase, reason } = status;
  const head = `${phase}${reason === undefined || reason === "" ? "" : `!${reason}`}${isTerminating ? "~" : ""}`;
  return `${head}[${statusesOf(status).map(stateOf).join(" ")}]`;
}

function stateOf({ name, state = {}, ready, restartCount }: ContainerStatus): string {
  const [kind = "-"] = Object.keys(state);
  const { reason, exitCode } = { reason: undefined, exitCode: undefined, ...state.waiting, ...state.terminated };
  const shown = `${kind.slice(0, 1).toUpperCase()}${reason === undefined ? "" : `/${reason}`}`;
  const code = exitCode === undefined ? "" : `=${String(exitCode)}`;
  return `${name}:${shown}${code}${ready ? "+" : ""}${restartCount > 0 ? `#${restartCount}` : ""}`;
}

function normal(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return sorted(key, value).map((item) => normal(item));
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([name, item]) => isTold(name, item));
    return Object.fromEntries(entries.map(([name, item]) => [name, normal(item, name)]));
  }
  if (typeof value !== "string") return value;
  if (/(?:Time|At)$/.test(key)) return "TIME";
  if (key === "image") return value.split("/").at(-1)?.split(/[@:]/)[0];
  if (key === "imageID") return value === "" ? "" : "ID";
  return normalText(value);
}

/** Not told: what is absent, signals (that no CRI runtime knows), what cgroup v1 makes of "no limit", and lists of limits that are empty then. */
function isTold(name: string, item: unknown): boolean {
  if (item === null || item === undefined || item === UNLIMITED || name === "signal") return false;
  const isEmpty = typeof item === "object" && Object.values(item).every((each) => each === UNLIMITED);
  return !(name === "limits" && isEmpty);
}

function sorted(key: string, list: readonly unknown[]): readonly unknown[] {
  if (key !== "conditions") return list;
  const conditions = list as readonly { readonly type: string }[];
  return conditions.toSorted((left, right) => left.type.localeCompare(right.type));
}
