// The conformance suite over a provider of ours, as a third party runs it: by its program, its exit code and its report.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "chai";
import { BUSYBOX_IMAGE } from "@outboard/runtimes";
import { deserveSecondLook, faultsOf, redIn, redLine, type SuiteReport, type SuiteResult } from "./second-look.js";

export type ProviderName = "memory" | "process" | "cri" | "docker";

export interface Candidate {
  readonly provider: ProviderName;
  /** Flags of the provider beside its endpoint and its state folder. */
  readonly flags: readonly string[];
  /** A kit of the suite, or a file. */
  readonly kit: string;
  /** Fewer passed checks than these mean that checks are gone, or that the provider declares less than it did. */
  readonly leastPassed: number;
  /** Checks that this machine cannot be asked for. */
  readonly skips?: readonly string[];
}

const ROOT = join(import.meta.dirname, "../../../..");
/** What the suite wrote stays here, for failures above all; not in a temporary folder, which goes with its enclosure. */
const REPORTS = join(ROOT, "reports/conformance");

/** Keeps the log of what a provider runs on beside the reports. */
export function keepLog(provider: ProviderName, file: string): void {
  copyFileSync(file, join(REPORTS, provider, basename(file)));
}

/** Far more than a run takes: it is there for runs that hang. */
export const LIMIT_MS = 900_000;

/**
 * Runs every check against a provider that the suite starts, kills and starts again. A few checks that failed are judged
 * once more, alone, and told; what is red again fails.
 * @throws AssertionError, which begins with what is red
 */
export async function expectConformant(candidate: Candidate): Promise<void> {
  const { provider, skips = [], leastPassed } = candidate;
  const first = await judge(candidate, join(REPORTS, provider), ["--skip", skips]);
  const red = redIn(first.report);
  const isDoubtful = first.report.leaks.length === 0 && deserveSecondLook(red);
  const second = isDoubtful ? await judgeAgain(candidate, red) : first;
  const faults = faultsOf(first.report, redIn(second.report), leastPassed);
  const isRight = second.code === 0 && second.report.verdict === "conformant";
  if (faults.length === 0 && isRight) return;
  const { code, report, out } = second;
  const how = `${provider}: exit code ${code}, ${report.verdict}; the reports are in reports/conformance/${provider}`;
  expect.fail([...faults, how, out].join("\n"));
}

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly report: SuiteReport;
}

async function judgeAgain(candidate: Candidate, red: readonly SuiteResult[]): Promise<Run> {
  for (const result of red) console.log(`    again: ${redLine(result)}`);
  const ids = red.map(({ id }) => id);
  return judge(candidate, join(REPORTS, candidate.provider, "again"), ["--test", ids]);
}

async function judge(
  { provider, flags, kit }: Candidate,
  folder: string,
  [flag, ids]: readonly [flag: "--skip" | "--test", ids: readonly string[]],
): Promise<Run> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const program = join(ROOT, `providers-ts/${provider}/bin/outboard-provider-${provider}.mjs`);
  const command = [process.execPath, program, "--listen {endpoint} --state {dir}/state --log-level error", ...flags];
  const options = ["--kit", kit, "--report-dir", folder, ...ids.flatMap((id) => [flag, id])];
  const { code, out } = await suite("run", "--launch", command.join(" "), ...options);
  const file = join(folder, "report.json");
  if (!existsSync(file)) expect.fail(`${provider}: exit code ${code}, and no report\n${out}`);
  return { code, out, report: JSON.parse(readFileSync(file, "utf8")) as SuiteReport };
}

/** Docker asks for every capability that the kernel knows, and fails where the machine has taken one from its root. */
export function withheldCapabilities(): readonly string[] {
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  const last = Number(readFileSync("/proc/sys/kernel/cap_last_cap", "utf8"));
  return BigInt(`0x${bounding}`) === 2n ** BigInt(last + 1) - 1n ? [] : ["FEAT-68/capabilities"];
}

/** The suite's kit for images, with the test image in place of the one from a registry. */
export function busyboxKit(folder: string): string {
  const text = readFileSync(join(ROOT, "conformance/kits/busybox.json"), "utf8");
  const file = join(folder, "kit.json");
  writeFileSync(file, text.replaceAll('"busybox:latest"', JSON.stringify(BUSYBOX_IMAGE)));
  return file;
}

async function suite(...args: readonly string[]): Promise<{ readonly code: number | null; readonly out: string }> {
  const child = spawn(process.execPath, [join(ROOT, "conformance/bin/outboard-conformance.mjs"), ...args]);
  let out = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (out += data.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out };
}
