/** Takes secrets that are known to the suite out of what it says. Values of calls are redacted before, field by field. */
import type { Result } from "../suite/outcome.js";

/** Shorter values are words, not secrets. */
const MIN_CHARACTERS = 8;
const MASK = "[redacted]";

/** Replaces each secret in a text. */
export type Scrub = (text: string) => string;

/** Makes one for these secrets. */
export function scrubber(secrets: readonly string[]): Scrub {
  const lines = secrets.flatMap((secret) => [secret, ...secret.split("\n")].map((line) => line.trim()));
  const forms = lines.flatMap((line) => [
    line,
    JSON.stringify(line).slice(1, -1),
    encoded(line, "base64"),
    encoded(line, "hex"),
  ]);
  const found = [...new Set(forms)].filter((form) => form.length >= MIN_CHARACTERS);
  found.sort((one, two) => two.length - one.length);
  return (text) => found.reduce((rest, secret) => rest.replaceAll(secret, MASK), text);
}

function encoded(text: string, encoding: "base64" | "hex"): string {
  return text.length < MIN_CHARACTERS ? "" : Buffer.from(text, "utf8").toString(encoding).replace(/=+$/, "");
}

/** A result without secrets. */
export function scrubResult(result: Result, scrub: Scrub): Result {
  return { ...result, message: scrub(result.message), trace: result.trace.map(scrub) };
}
