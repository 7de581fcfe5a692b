/** --help, made from the settings. */
import { environmentName, type Setting } from "./setting.js";
import { GATEWAY_SETTINGS, INSPECT_SETTINGS, STANDALONE_SETTINGS } from "./settings.js";

const OVERVIEW = `outboard: a virtual kubelet whose provider runs out of process

  outboard gateway     one virtual node of a cluster
  outboard standalone  pods from a folder of manifests, no cluster
  outboard inspect     what a provider is and can; disturbs nothing
  outboard COMMAND --help
  outboard --version`;

const TABLES: Readonly<Record<string, Readonly<Record<string, Setting<unknown>>>>> = {
  gateway: { ...GATEWAY_SETTINGS },
  standalone: { ...STANDALONE_SETTINGS },
  inspect: { ...INSPECT_SETTINGS },
};

/** Help of a command; of all for an unknown one. */
export function help(command: string): string {
  const table = TABLES[command];
  if (table === undefined) return OVERVIEW;
  const rows = Object.values(table).map(row);
  const config =
    "  --config FILE\n      YAML file with any of the settings below; flags win over environment over file";
  return [`outboard ${command}: settings by flag (environment, path in the file)`, config, ...rows].join("\n");
}

function row(setting: Setting<unknown>): string {
  const value = setting.isSwitch === true ? "" : " VALUE";
  const fallback = "fallback" in setting ? ` (default ${describe(setting.fallback)})` : " (required)";
  return `  --${setting.flag}${value}  ${environmentName(setting)}, ${setting.path}\n      ${setting.text}${fallback}`;
}

function describe(fallback: unknown): string {
  if (fallback === undefined) return "none";
  return typeof fallback === "string" ? fallback : JSON.stringify(fallback);
}
