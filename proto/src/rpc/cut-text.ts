/** Text for people, cut to a limit of bytes. */

/**
 * The text itself if it has at most maxBytes bytes of UTF-8, else its beginning with "…" behind it, maxBytes in all at
 * most. Never cuts a character in two. maxBytes must be 3 or more.
 */
export function cutText(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes - ELLIPSIS_BYTES;
  while (isContinuation(bytes[end])) end -= 1;
  return `${bytes.toString("utf8", 0, end)}…`;
}

const ELLIPSIS_BYTES = 3;

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
