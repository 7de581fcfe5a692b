/** The texts of --help, from the tables of commands and flags. */
import type { Command } from "./commands.js";
import { CONFIG_FILE } from "./config-file.js";
import { type Flag, FLAGS, type FlagGroup } from "./flags.js";

const TITLES: Readonly<Record<FlagGroup, string>> = {
  target: "The provider",
  select: "Which checks",
  run: "How",
  report: "What is said",
};

const CODES = `Exit codes: 0 conformant · 1 not conformant · 2 wrong use · 3 nobody there or no handshake · 4 fault of the suite
5 inconclusive or partial · 6 stale baseline · 7 pods left behind · 130 interrupted`;

/** Help of the whole program. */
export function programHelp(commands: Readonly<Record<string, Command>>): string {
  const lines = Object.entries(commands).map(([name, { text }]) => `  ${name.padEnd(9)} ${text}`);
  return ["outboard-conformance COMMAND", ...lines, "", "COMMAND --help tells more.", CODES].join("\n");
}

/** Help of one command. */
export function commandHelp({ usage, text, more = [], groups }: Command): string {
  const flags = groups.flatMap((group) => {
    const own = Object.entries(FLAGS).filter(([, flag]) => flag.group === group);
    return ["", `${TITLES[group]}:`, ...own.map(([name, flag]) => flagLine(name, flag))];
  });
  const sources = `
Flags win over the environment (OUTBOARD_CONFORMANCE_REPORT_DIR for --report-dir), that over a file: --config FILE, or
${CONFIG_FILE} where it is there.`;
  return [
    `outboard-conformance ${usage}`,
    text,
    ...more.map((line) => `  ${line}`),
    ...flags,
    ...(groups.length > 0 ? [sources] : []),
    "",
    CODES,
  ].join("\n");
}

function flagLine(name: string, { value, help, fallback, key }: Flag): string {
  const head = `--${name}${value === undefined ? "" : ` ${value}`}`;
  const notes = [
    ...(fallback === undefined ? [] : [`default ${fallback}`]),
    ...(key === undefined ? [] : [`file: ${key}`]),
  ];
  return `  ${head.padEnd(26)} ${help}${notes.length > 0 ? ` (${notes.join("; ")})` : ""}`;
}
