/** A digest over inputs: tells whether they changed without keeping their values. */
import { createHash } from "node:crypto";
import type { PodInputs } from "../../domain/inputs.js";

/** Hexadecimal SHA-256; equal inputs, equal digest. */
export function inputsDigestOf(inputs: PodInputs): string {
  const text = JSON.stringify(inputs, (_key, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
  );
  return createHash("sha256").update(text).digest("hex");
}
