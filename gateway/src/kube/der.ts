/** Writes DER, as far as a certificate request needs it: X.690 §8 and §10. Every function gives a whole element. */

const CONSTRUCTED = 0x20;
const OF_CONTEXT = 0x80;

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(0x10 | CONSTRUCTED, parts);
}

/** Its parts must be in order already; a single one is. */
export function setOf(...parts: readonly Uint8Array[]): Buffer {
  return element(0x11 | CONSTRUCTED, parts);
}

/** From 0 to 127. */
export function smallInteger(value: number): Buffer {
  return element(0x02, [Uint8Array.of(value)]);
}

/** Of whole bytes. */
export function bitString(bytes: Uint8Array): Buffer {
  return element(0x03, [Uint8Array.of(0), bytes]);
}

export function octetString(bytes: Uint8Array): Buffer {
  return element(0x04, [bytes]);
}

export function utf8String(text: string): Buffer {
  return element(0x0c, [Buffer.from(text)]);
}

/** An object identifier as text with dots. */
export function objectId(text: string): Buffer {
  const [first = 0, second = 0, ...others] = text.split(".").map(Number);
  return element(0x06, [Uint8Array.from([first * 40 + second, ...others].flatMap(base128))]);
}

/** [number] IMPLICIT, of a type without parts. */
export function implicitValue(number: number, bytes: Uint8Array): Buffer {
  return element(OF_CONTEXT | number, [bytes]);
}

/** [number] IMPLICIT, of a SEQUENCE or SET. */
export function implicitParts(number: number, ...parts: readonly Uint8Array[]): Buffer {
  return element(OF_CONTEXT | CONSTRUCTED | number, parts);
}

function element(tag: number, parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(tag, ...lengthOf(content)), content]);
}

/** One byte up to 127, else the number of bytes and those. */
function lengthOf({ length }: Uint8Array): readonly number[] {
  if (length < 0x80) return [length];
  const digits = digitsOf(length, 0x100);
  return [0x80 | digits.length, ...digits];
}

/** Seven bits in each byte; all but the last are marked. */
function base128(value: number): readonly number[] {
  return digitsOf(value, 0x80).map((digit, index, { length }) => (index === length - 1 ? digit : digit | 0x80));
}

function digitsOf(value: number, base: number): readonly number[] {
  return value < base ? [value] : [...digitsOf(Math.floor(value / base), base), value % base];
}
