/** Values made of literals and of slots that only the provider can fill. */
import type { Value, ValuePart } from "./inputs.js";

const encoder = new TextEncoder();

/** A text known now. */
export function textValue(text: string): Value {
  return [{ kind: "literal", bytes: encoder.encode(text) }];
}

/** Bytes known now; need not be UTF-8. */
export function bytesValue(bytes: Uint8Array): Value {
  return [{ kind: "literal", bytes }];
}

/** The bytes, if nothing of the value is a slot. */
export function knownBytes(value: Value): Uint8Array | undefined {
  const joined = joinLiterals(value);
  const [first] = joined;
  if (first === undefined) return new Uint8Array();
  return joined.length === 1 && first.kind === "literal" ? first.bytes : undefined;
}

/** The same value with neighbouring literals made one. */
export function joinLiterals(value: Value): Value {
  const parts: ValuePart[] = [];
  for (const part of value) {
    const last = parts.at(-1);
    if (part.kind === "literal" && last?.kind === "literal") {
      parts[parts.length - 1] = { kind: "literal", bytes: joinBytes(last.bytes, part.bytes) };
    } else parts.push(part);
  }
  return parts;
}

function joinBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
