/**
 * Reads DER, X.690 §8 and §10, of what OpenSSL has read before. Stricter than that: what is BER only, goes beyond its end or is left
 * over is an error, so that nothing is understood in two ways.
 */

/** One element; what its content means depends on the tag. */
export interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

export const TAG = { boolean: 0x01, integer: 0x02, octets: 0x04, objectId: 0x06, sequence: 0x30, set: 0x31 } as const;

/** The one element that these bytes are. @throws Error when they are not */
export function readElement(bytes: Buffer): Element {
  const [element, ...others] = readElements(bytes);
  if (element === undefined || others.length > 0) throw new Error("not one DER element");
  return element;
}

/** Elements one behind the other. @throws Error when they are not DER */
export function readElements(bytes: Buffer): readonly Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { start, end } = extentAt(bytes, at);
    elements.push({ tag: bytes.readUInt8(at), content: bytes.subarray(start, end) });
    at = end;
  }
  return elements;
}

/** The parts of a SEQUENCE, SET or explicit tag. @throws Error when it is none */
export function partsOf(element: Element | undefined, tag: number): readonly Element[] {
  return readElements(contentOf(element, tag));
}

/** @throws Error when it has another tag */
export function contentOf(element: Element | undefined, tag: number): Buffer {
  if (element?.tag !== tag) throw new Error(`DER element 0x${tag.toString(16)} expected`);
  return element.content;
}

/** As text with dots. @throws Error when it is none */
export function objectIdOf(element: Element | undefined): string {
  const content = contentOf(element, TAG.objectId);
  const numbers: number[] = [];
  let number = 0;
  for (const byte of content) {
    number = number * 0x80 + (byte & 0x7f);
    if (number > Number.MAX_SAFE_INTEGER / 0x80) throw new Error("DER object id too large");
    if (byte < 0x80) numbers.push(number);
    if (byte < 0x80) number = 0;
  }
  const [first = 0, ...others] = numbers;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...others].join(".");
}

/** @throws Error when it is none */
export function booleanOf(element: Element | undefined): boolean {
  const content = contentOf(element, TAG.boolean);
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new Error("not a DER boolean");
  return content[0] === 0xff;
}

/** @throws Error when it is none, negative or large */
export function smallNumberOf(element: Element | undefined): number {
  const content = contentOf(element, TAG.integer);
  if (content.length === 0 || content.length > 4 || content.readInt8(0) < 0) throw new Error("not a small DER number");
  return content.readUIntBE(0, content.length);
}

const ASCII_STRINGS: ReadonlySet<number> = new Set([0x12, 0x13, 0x16]);
const UTF8_STRING = 0x0c;
const T61_STRING = 0x14; // as everybody reads it: Latin-1
const BMP_STRING = 0x1e;

/** Of one of the string types that names have. @throws Error when it is none of them or has what that does not allow */
export function textOf({ tag, content }: Element): string {
  if (tag === UTF8_STRING) return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  if (tag === BMP_STRING) return new TextDecoder("utf-16be", { fatal: true, ignoreBOM: true }).decode(content);
  if (tag === T61_STRING) return content.toString("latin1");
  if (ASCII_STRINGS.has(tag) && content.every((byte) => byte < 0x80)) return content.toString("latin1");
  throw new Error("not a DER text");
}

/** Where the content of the element at `at` begins, and ends. */
function extentAt(bytes: Buffer, at: number): { readonly start: number; readonly end: number } {
  if ((bytes.readUInt8(at) & 0x1f) === 0x1f) throw new Error("DER tag too large");
  const first = bytes.readUInt8(at + 1);
  const digits = first < 0x80 ? 0 : first & 0x7f;
  if (first >= 0x80 && (digits === 0 || digits > 3)) throw new Error("no DER length");
  const length = digits === 0 ? first : bytes.readUIntBE(at + 2, digits);
  if (digits > 0 && length < (digits === 1 ? 0x80 : 2 ** (8 * (digits - 1)))) throw new Error("DER length too long");
  const start = at + 2 + digits;
  if (start + length > bytes.length) throw new Error("DER element beyond its end");
  return { start, end: start + length };
}
