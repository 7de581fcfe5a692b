/** Lets the suite judge a provider as its users do: by its program, and by what its report says. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Report } from "../report/report.js";

const SUITE = fileURLToPath(new URL("../../bin/outboard-conformance.mjs", import.meta.url));

/** What the suite said. */
export interface Judgement {
  readonly code: number;
  readonly out: string;
  readonly verdict: string;
  /** Failed checks: id, clause, code. */
  readonly failed: readonly string[];
}

/** Runs the suite against a provider that it launches; with a mutant's name the provider has that fault. */
export async function judge(provider: string, flags: readonly string[], mutant = ""): Promise<Judgement> {
  const folder = mkdtempSync(path.join(tmpdir(), "obtp-"));
  try {
    const launch = `${provider} --listen {endpoint} --state {dir}`;
    const args = [SUITE, "run", "--launch", launch, "--kit", "process", "--report-dir", folder, ...flags];
    const child = spawn(process.execPath, args, { env: { ...process.env, OUTBOARD_MUTANT: mutant } });
    let out = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (out += data.toString()));
    const [code] = (await once(child, "close")) as [number];
    return { code, out, ...said(path.join(folder, "report.json")) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function said(file: string): Pick<Judgement, "verdict" | "failed"> {
  const { verdict, results } = JSON.parse(readFileSync(file, "utf8")) as Report;
  const failed = results.filter(({ outcome }) => outcome === "fail");
  return { verdict, failed: failed.map(({ clause, code }) => `${clause} ${code}`) };
}
