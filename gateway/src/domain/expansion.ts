/**
 * `$(NAME)` in values, commands and sub paths. `$$` is a dollar; a name that is not known stays as written; what is put in
 * is not looked at again.
 */
import type { Value } from "./inputs.js";
import { joinLiterals, textValue } from "./values.js";

/** Gives the value of a name; undefined: not known. */
export type Lookup = (name: string) => Value | undefined;

/** $(NAME), $(, $$, $ and one other character. A dollar at the end is itself. */
const TOKEN = /\$(?:\(([^)]*)\)|\(|([\s\S]))/gu;

/** The text with its references put in. */
export function expand(text: string, lookup: Lookup): Value {
  const parts: Value[number][] = [];
  let position = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, name, other] = match;
    parts.push(...textValue(text.slice(position, match.index)));
    parts.push(...(name === undefined ? textValue(other === "$" ? "$" : whole) : (lookup(name) ?? textValue(whole))));
    position = match.index + whole.length;
  }
  parts.push(...textValue(text.slice(position)));
  return dropEmpty(joinLiterals(parts));
}

/** The names that a text refers to, in order. */
export function referencedNames(text: string): readonly string[] {
  return [...text.matchAll(TOKEN)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}

function dropEmpty(value: Value): Value {
  return value.filter((part) => part.kind !== "literal" || part.bytes.length > 0);
}
