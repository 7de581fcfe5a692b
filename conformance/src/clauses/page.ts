/** The page of all clauses for docs/clauses.md; made from the registry alone. */
import type { Clause } from "./clause.js";
import { CLAUSES } from "./registry.js";

const HEAD = `# Clauses of the contract

Made by \`npm run --workspace conformance docs\` from the registry of the conformance suite; do not edit. Ids are permanent and stand in the
comments of the proto files. *Seen* says what a judge needs: the wire, a workload, the control service, or a restart of the provider.
`;

/** The page. */
export function clausesPage(): string {
  const areas = [...new Set(CLAUSES.map(({ area }) => area))];
  return [HEAD, ...areas.map(section)].join("\n");
}

function section(area: string): string {
  const rows = CLAUSES.filter((clause) => clause.area === area).map(row);
  return `## ${area}\n\n| id | level | rule | seen |\n|---|---|---|---|\n${rows.join("\n")}\n`;
}

function row({ id, level, party, text, capability, feature, limitMs, codes, observe, why }: Clause): string {
  const notes = [
    ...(capability === undefined ? [] : [`Capability \`${capability}\`.`]),
    ...(feature === undefined ? [] : [`Feature \`${feature}\`.`]),
    ...(limitMs === undefined ? [] : [`Limit ${limitMs} ms.`]),
    ...(codes === undefined ? [] : [`Refused with ${codes.map((code) => `\`${code}\``).join(" or ")}.`]),
    ...(why === undefined ? [] : [`(${why})`]),
  ];
  const whole = [text, ...notes].join(" ").replaceAll("|", "\\|");
  return `| <a id="${id.toLowerCase()}"></a>${id} | ${level}${party === "gateway" ? ", gateway" : ""} | ${whole} | ${observe} |`;
}
