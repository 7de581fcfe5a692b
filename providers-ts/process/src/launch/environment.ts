/**
 * The environment of a container, exact in bytes. Values are exported by the shell, which keeps them out of every command
 * line; only names that a shell cannot hold go through env(1).
 */
import { bytesOf, quote } from "./shell.js";

export type EnvList = readonly (readonly [name: string, value: Uint8Array])[];

export interface Environment {
  /** Shell lines. */
  readonly exports: readonly string[];
  /** Words for env(1): names to unset, then assignments. */
  readonly words: readonly string[];
}

/** What shells add by themselves. */
const SHELL_ADDS = ["PWD", "OLDPWD", "SHLVL", "_"];
/** Names that some shell reserves, checks or reacts to with output. */
const SHELL_RESERVES =
  /^(PPID|U?ID|EUID|GROUPS|OPTIND|OPTARG|RANDOM|SECONDS|LINENO|BASH.*|SHELLOPTS|FUNCNAME|DIRSTACK|PIPESTATUS|HISTCMD|LC_.*|LANG|_|IFS|ENV|PS\d|PWD|OLDPWD|SHLVL)$/;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Later entries of the same name win. Names with "=" or NUL and values with NUL cannot exist; the caller refuses them. */
export function renderEnvironment(env: EnvList, defaults: readonly (readonly [string, string])[]): Environment {
  const values = new Map<string, Uint8Array>(defaults.map(([name, value]) => [name, Buffer.from(value)]));
  for (const [name, value] of env) values.set(name, value);
  const exports: string[] = [];
  const assigned: string[] = [];
  for (const [name, value] of values) {
    if (IDENTIFIER.test(name) && !SHELL_RESERVES.test(name)) exports.push(`export ${name}=${quote(value)}`);
    else assigned.push(quote(Buffer.from(`${bytesOf(name)}=${bytesOf(value)}`, "latin1")));
  }
  const unset = SHELL_ADDS.filter((name) => !values.has(name)).flatMap((name) => ["-u", name]);
  return { exports, words: [...unset, ...assigned] };
}

/** The entry that cannot be part of an environment. */
export function impossibleEntry(env: EnvList): string | undefined {
  const bad = env.find(([name, value]) => name === "" || /[=\0]/.test(name) || value.includes(0));
  return bad?.[0];
}
