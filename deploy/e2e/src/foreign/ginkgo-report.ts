// What ginkgo's JSON report says of each spec that was not left out by a filter.

export type SpecState = "passed" | "failed" | "timedout" | "skipped";

export interface SpecResult {
  /** All texts from the outermost container inwards. */
  readonly name: string;
  readonly state: SpecState;
  readonly seconds: number;
  /** Why it failed or skipped itself, in one line; empty: nothing was said. */
  readonly message: string;
}

interface Report {
  readonly SpecReports?: readonly SpecReport[] | null;
}

interface SpecReport {
  readonly ContainerHierarchyTexts?: readonly string[] | null;
  readonly LeafNodeType: string;
  readonly LeafNodeText: string;
  readonly State: string;
  /** Nanoseconds. */
  readonly RunTime?: number;
  readonly Failure?: { readonly Message?: string };
}

const LONGEST = 300;

/** @throws SyntaxError when it is not JSON */
export function ginkgoResults(json: string): readonly SpecResult[] {
  const reports = JSON.parse(json) as readonly Report[];
  return reports.flatMap(({ SpecReports }) => (SpecReports ?? []).flatMap(resultOf));
}

/** A spec that a filter left out is skipped without a word; one that skipped itself says why. */
function resultOf(report: SpecReport): readonly SpecResult[] {
  const message = oneLine(report.Failure?.Message ?? "");
  if (report.LeafNodeType !== "It" || report.State === "pending") return [];
  if (report.State === "skipped" && message === "") return [];
  const name = [...(report.ContainerHierarchyTexts ?? []), report.LeafNodeText].join(" ");
  return [{ name, state: stateOf(report.State), seconds: (report.RunTime ?? 0) / 1e9, message }];
}

/** Panicked, interrupted and aborted are failures. */
function stateOf(state: string): SpecState {
  if (state === "passed" || state === "skipped" || state === "timedout") return state;
  return "failed";
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim().slice(0, LONGEST);
}
