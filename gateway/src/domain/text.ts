/** Cutting text by bytes. */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes of a text as UTF-8. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/** The text's beginning, at most so many bytes of UTF-8, never half a character. */
export function cutText(text: string, bytes: number): string {
  if (text.length * 3 <= bytes) return text;
  const encoded = encoder.encode(text);
  if (encoded.length <= bytes) return text;
  let end = bytes;
  while (end > 0 && ((encoded[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return decoder.decode(encoded.subarray(0, end));
}

/** Order by bytes for ASCII names, as Go sorts. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
