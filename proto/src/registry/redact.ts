/** Copies of messages for logs: what the contract marks sensitive, and what it does not know, reads "[redacted]". */
import { FIELDS } from "./gen/fields.js";
import type { FieldRow } from "./rows.js";

/** Stands in for every sensitive value. */
export const REDACTED = "[redacted]";

/** Bytes up to this length are shown in hex (digests); longer ones by their length. */
const SHOWN_BYTES = 64;

/**
 * A deep copy of a message that is safe to log: plain objects, numbers, texts. Maps become objects, 64-bit numbers and
 * times texts, bytes hex or their length. Messages of other packages, and properties that the contract does not know,
 * are redacted whole.
 * @param messageType full name, for example "outboard.provider.v1.CreatePodRequest"
 */
export function redact(messageType: string, message: unknown): unknown {
  const fields = FIELDS[messageType];
  if (fields === undefined) return REDACTED;
  if (typeof message !== "object" || message === null) return message;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(message)) {
    if (value !== undefined) copy[key] = property(fields, key, value);
  }
  return copy;
}

function property(fields: Readonly<Record<string, FieldRow>>, key: string, value: unknown): unknown {
  const own = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (own !== undefined && own.oneof === undefined) return field(own, value);
  const chosen = value as { readonly $case?: unknown; readonly value?: unknown };
  const name = String(chosen.$case);
  const member = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (member?.oneof !== key) return REDACTED;
  return { $case: name, value: field(member, chosen.value) };
}

function field(row: FieldRow, value: unknown): unknown {
  if (row.sensitive === true) return REDACTED;
  if (Array.isArray(value)) return value.map((element) => single(row, element));
  if (value instanceof Map) {
    return Object.fromEntries(Array.from(value, ([key, element]) => [String(key), single(row, element)]));
  }
  return single(row, value);
}

function single(row: FieldRow, value: unknown): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "invalid time" : value.toISOString();
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return bytes(value);
  return row.kind === "message" ? redact(row.type ?? "", value) : value;
}

function bytes(value: Uint8Array): string {
  if (value.length > SHOWN_BYTES) return `<${value.length} bytes>`;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex");
}
