/**
 * Shell text that carries bytes exactly. Scripts are strings in which each character stands for one byte (latin1), so that
 * values that are not UTF-8 survive; they go to the shell over a pipe and are never stored.
 */

/** Bytes of a text as script characters. */
export function bytesOf(value: string | Uint8Array): string {
  return Buffer.from(value as Uint8Array).toString("latin1");
}

/** One word for the shell, whatever it holds. */
export function quote(value: string | Uint8Array): string {
  return `'${bytesOf(value).replaceAll("'", `'\\''`)}'`;
}

export function words(values: readonly string[]): string {
  return values.map(quote).join(" ");
}

/** The script as bytes, base64 for the shim. */
export function encodeScript(lines: readonly string[]): string {
  return Buffer.from(`${lines.join("\n")}\n`, "latin1").toString("base64");
}
