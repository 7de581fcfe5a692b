// The small part of DER (X.690) that an X.509 certificate needs, writing only.

const TAG = { boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utf8: 0x0c, time: 0x17 } as const;

export function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

export function set(...parts: readonly Buffer[]): Buffer {
  return tlv(0x31, Buffer.concat(parts));
}

export function integer(bytes: Buffer): Buffer {
  const first = bytes[0] ?? 0;
  return tlv(TAG.integer, first >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

export function boolean(value: boolean): Buffer {
  return tlv(TAG.boolean, Buffer.of(value ? 0xff : 0));
}

export function bitString(bytes: Buffer, unusedBits: number): Buffer {
  return tlv(TAG.bits, Buffer.concat([Buffer.of(unusedBits), bytes]));
}

export function octetString(bytes: Buffer): Buffer {
  return tlv(TAG.octets, bytes);
}

export function utf8String(text: string): Buffer {
  return tlv(TAG.utf8, Buffer.from(text, "utf8"));
}

/** UTCTime: years 1950 to 2049. */
export function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, "");
  return tlv(TAG.time, Buffer.from(`${digits.slice(2, 14)}Z`, "ascii"));
}

export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return tlv(TAG.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** A context tag that wraps other values. */
export function wrapped(tag: number, ...parts: readonly Buffer[]): Buffer {
  return tlv(0xa0 | tag, Buffer.concat(parts));
}

/** A context tag that replaces the tag of a primitive value. */
export function tagged(tag: number, bytes: Buffer): Buffer {
  return tlv(0x80 | tag, bytes);
}

function tlv(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(tag), length(content.length), content]);
}

function length(size: number): Buffer {
  if (size < 0x80) return Buffer.of(size);
  const bytes = bigEndian(size);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

function bigEndian(value: number): number[] {
  return value < 256 ? [value] : [...bigEndian(Math.floor(value / 256)), value % 256];
}

function base128(value: number): number[] {
  const low = value & 0x7f;
  const high = Math.floor(value / 128);
  return high === 0 ? [low] : [...base128(high).map((byte) => byte | 0x80), low];
}
