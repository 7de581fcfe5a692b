/** Positional words and simple switches of the commands that work on files. */
import { didYouMean } from "./nearest.js";
import { UsageError } from "./usage-error.js";

/** What a command was given. */
export interface Words {
  readonly words: readonly string[];
  readonly switches: ReadonlySet<string>;
  /** Values of flags, without dashes. */
  readonly values: ReadonlyMap<string, string>;
}

/** What a command takes. */
export interface Grammar {
  readonly name: string;
  readonly switches?: readonly string[];
  readonly values?: readonly string[];
  readonly most: number;
}

/** Reads them. @throws UsageError for flags that it does not take and for too many words */
export function readWords(argv: readonly string[], { name, switches = [], values = [], most }: Grammar): Words {
  const found = { words: [] as string[], switches: new Set<string>(), values: new Map<string, string>() };
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? "";
    const flag = word.startsWith("--") ? word.slice(2) : undefined;
    if (flag === undefined) found.words.push(word);
    else if (switches.includes(flag)) found.switches.add(flag);
    else if (values.includes(flag)) found.values.set(flag, valueOf(name, word, argv[(at += 1)]));
    else throw new UsageError(`${name}: there is no flag ${word}${didYouMean(flag, [...switches, ...values])}`);
  }
  if (found.words.length > most) throw new UsageError(`${name}: "${found.words[most]}" is one word too many`);
  return found;
}

function valueOf(name: string, flag: string, value: string | undefined): string {
  if (value === undefined || value.startsWith("--")) throw new UsageError(`${name}: ${flag} needs a value`);
  return value;
}

/** Takes flags of a command's own away from those of the table. */
export function takeFlags(
  argv: readonly string[],
  own: Pick<Grammar, "switches" | "values">,
): Words & { readonly rest: readonly string[] } {
  const { switches = [], values = [] } = own;
  const rest: string[] = [];
  const taken: string[] = [];
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? "";
    const flag = word.startsWith("--") ? word.slice(2) : "";
    if (switches.includes(flag)) taken.push(word);
    else if (values.includes(flag)) taken.push(word, ...(argv[(at += 1)] === undefined ? [] : [argv[at] ?? ""]));
    else rest.push(word);
  }
  return { ...readWords(taken, { name: "", ...own, most: 0 }), rest };
}
