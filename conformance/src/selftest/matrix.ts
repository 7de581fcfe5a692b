/** The kill matrix as files: mutants down, checks across, and the variants. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { toMatrixHtml } from "./matrix-html.js";
import type { Kill } from "./kill.js";
import { type Findings, scoreOf } from "./score.js";

/** Schema of the JSON file. */
const SCHEMA = "outboard-conformance-kills/v2";

/** Where to. */
export interface MatrixFiles {
  readonly json: string | undefined;
  readonly html: string | undefined;
  /** Folder for both under their usual names. */
  readonly folder: string | undefined;
}

/** Writes what was asked for. */
export function writeMatrix(findings: Findings, { json, html, folder }: MatrixFiles): void {
  const inFolder = (name: string) => (folder === undefined ? [] : [path.join(folder, name)]);
  const jsonFiles = [...(json === undefined ? [] : [json]), ...inFolder("kills.json")];
  const htmlFiles = [...(html === undefined ? [] : [html]), ...inFolder("kills.html")];
  for (const file of jsonFiles) write(file, `${JSON.stringify(toMatrixJson(findings), undefined, 2)}\n`);
  for (const file of htmlFiles) write(file, toMatrixHtml(findings));
}

/** What the JSON file holds. */
export function toMatrixJson(findings: Findings): object {
  const { kills, acceptances } = findings;
  const { text, isGood } = scoreOf(findings);
  return { schema: SCHEMA, score: text, isGood, checks: tallyOf(kills), kills, variants: acceptances };
}

/** What the mutants say of a check. */
interface Tally {
  readonly check: string;
  readonly kills: number;
  /** Mutants that no other check killed: without the check they would live. */
  readonly soleKills: number;
}

function tallyOf(kills: readonly Kill[]): readonly Tally[] {
  const tallies = new Map<string, Tally>();
  for (const { cells } of kills) {
    const own = cells.filter(({ said }) => said === "own");
    for (const { check } of own) {
      const { kills: before, soleKills } = tallies.get(check) ?? { kills: 0, soleKills: 0 };
      tallies.set(check, { check, kills: before + 1, soleKills: soleKills + (own.length === 1 ? 1 : 0) });
    }
  }
  return [...tallies.values()];
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileSync(file, text);
}
