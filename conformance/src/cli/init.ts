/** `init`: the files with which a provider's repository starts. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { capabilityId } from "@outboard/contract";
import { stringify } from "yaml";
import { toolFacts } from "../report/report.js";
import { EXIT, type ExitCode } from "../suite/outcome.js";
import { readRunArguments, UsageError } from "./arguments.js";
import { CONFIG_FILE, CONFIG_SCHEMA } from "./config-file.js";
import type { Context } from "./context.js";
import { openWorld } from "./open-world.js";
import { readSettings } from "./settings.js";

/** Runs it. Without --endpoint and --launch the files hold an example command. */
export async function initCommand(argv: readonly string[], context: Context): Promise<ExitCode> {
  const [first, ...others] = argv;
  const hasFolder = first !== undefined && !first.startsWith("-");
  const folder = hasFolder ? first : ".";
  const flags = hasFolder ? others : argv;
  const files = [CONFIG_FILE, "conformance-baseline.json", "conformance.sh"].map((name) => path.join(folder, name));
  const there = files.find((file) => existsSync(file));
  if (there !== undefined) throw new UsageError(`init: ${there} is there already`);
  const texts = await contents(flags, context);
  mkdirSync(folder, { recursive: true });
  for (const [at, file] of files.entries()) {
    writeFileSync(file, texts[at] ?? "", { mode: file.endsWith(".sh") ? 0o755 : 0o644 });
    context.print(`wrote ${file}`);
  }
  return EXIT.ok;
}

async function contents(flags: readonly string[], context: Context): Promise<readonly string[]> {
  const settings = readSettings({ argv: flags, env: process.env, groups: ["target"] });
  const launch = settings.command("launch");
  const endpoint = settings.text("endpoint");
  const hasTarget = launch !== undefined || endpoint !== undefined;
  const capabilities = hasTarget ? await declared(flags, context) : undefined;
  const config = {
    schema: CONFIG_SCHEMA,
    profile: "full",
    kit: settings.text("kit"),
    target:
      endpoint === undefined
        ? { launch: { command: launch ?? ["./my-provider", "--listen", "{endpoint}", "--state", "{dir}"] } }
        : { endpoint },
    ...(capabilities === undefined ? {} : { capabilities: { expect: capabilities } }),
    baseline: "conformance-baseline.json",
    reports: { dir: "conformance-report" },
  };
  return [stringify(config), `${JSON.stringify(EMPTY, undefined, 2)}\n`, script()];
}

const EMPTY = { schema: "outboard-conformance-baseline/v1", entries: [] };

async function declared(flags: readonly string[], { folder, signal }: Context): Promise<readonly string[]> {
  await using opened = await openWorld(readRunArguments(flags, folder, ["target"]), folder, signal);
  return opened.world.hello.capabilities.flatMap((number) => capabilityId(number) ?? []).sort();
}

function script(): string {
  const { name, version } = toolFacts();
  return `#!/bin/sh
# Judges the provider of this repository by ${CONFIG_FILE}.
# Exit codes: 0 conformant, 1 not, 2 wrong use, 3 nobody there, 4 fault of the suite, 5 inconclusive, 6 stale baseline, 7 pods left.
cd "$(dirname "$0")" && exec npx --yes ${name}@${version} run "$@"
`;
}
