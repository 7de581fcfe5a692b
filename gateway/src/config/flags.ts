/** Flags of a command line: --name value, --name=value, and --name alone for switches. */

/** Flags by name; true: a switch. */
export type KnownFlags = ReadonlyMap<string, boolean>;

/** Values by flag. What is wrong is added to the problems. */
export function readFlags(known: KnownFlags, argv: readonly string[], problems: string[]): ReadonlyMap<string, string> {
  const flags = new Map<string, string>();
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const [, name = "", inline] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    const isSwitch = known.get(name);
    if (isSwitch === undefined) {
      problems.push(`${word}: unknown flag (--help lists them)`);
      continue;
    }
    const value = inline ?? (isSwitch ? "true" : takeValue(words));
    if (value === undefined) problems.push(`--${name}: needs a value`);
    if (flags.has(name)) problems.push(`--${name}: is given twice`);
    if (value !== undefined) flags.set(name, value);
  }
  return flags;
}

/** The next word, unless it is a flag itself. */
function takeValue(words: string[]): string | undefined {
  return words[0]?.startsWith("--") === true ? undefined : words.shift();
}
