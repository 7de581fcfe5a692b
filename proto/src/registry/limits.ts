/** The limits that the proto files state on fields, checked on messages before they are sent and after they came. */
import type { FieldViolation } from "../rpc/details.js";
import { FIELDS } from "./gen/fields.js";
import type { FieldRow } from "./rows.js";

/** Most violations that one check reports. */
export const MAX_VIOLATIONS = 20;

/**
 * Finds the fields of a message that are over their limits; an empty list means none. The paths are proto names with
 * positions ("inputs.containers[2].env[0].name"); descriptions name lengths and limits, never values. At most
 * MAX_VIOLATIONS are reported.
 * @param messageType full name, for example "outboard.provider.v1.CreatePodRequest"
 */
export function checkLimits(messageType: string, message: unknown): FieldViolation[] {
  const found: FieldViolation[] = [];
  checkMessage(messageType, message, "", found);
  return found;
}

function checkMessage(messageType: string, message: unknown, path: string, found: FieldViolation[]): void {
  const fields = FIELDS[messageType];
  if (fields === undefined || typeof message !== "object" || message === null) return;
  for (const [key, row] of Object.entries(fields)) {
    if (found.length >= MAX_VIOLATIONS) return;
    const value = valueOf(message as Record<string, unknown>, key, row);
    if (value !== undefined) checkField(row, value, path === "" ? row.name : `${path}.${row.name}`, found);
  }
}

function valueOf(message: Record<string, unknown>, key: string, row: FieldRow): unknown {
  if (row.oneof === undefined) return message[key];
  const chosen = message[row.oneof] as { readonly $case: string; readonly value: unknown } | undefined;
  return chosen?.$case === key ? chosen.value : undefined;
}

function checkField(row: FieldRow, value: unknown, path: string, found: FieldViolation[]): void {
  if (Array.isArray(value)) {
    checkItems(row, value.length, path, found);
    for (const [index, element] of value.entries()) checkSingle(row, element, `${path}[${index}]`, found);
  } else if (value instanceof Map) {
    checkItems(row, value.size, path, found);
    for (const [key, element] of value) {
      checkBytes(row, key, `${path}[] key`, found);
      checkSingle(row, element, `${path}[]`, found);
    }
  } else {
    checkSingle(row, value, path, found);
  }
}

function checkItems(row: FieldRow, count: number, path: string, found: FieldViolation[]): void {
  if (row.maxItems !== undefined && count > row.maxItems) {
    add(found, path, `has ${count} elements, at most ${row.maxItems} are allowed`);
  }
}

function checkSingle(row: FieldRow, value: unknown, path: string, found: FieldViolation[]): void {
  if (row.kind === "message") checkMessage(row.type ?? "", value, path, found);
  else checkBytes(row, value, path, found);
}

function checkBytes(row: FieldRow, value: unknown, path: string, found: FieldViolation[]): void {
  if (row.maxBytes === undefined) return;
  const length = lengthOf(value);
  if (length > row.maxBytes) add(found, path, `has ${length} bytes, at most ${row.maxBytes} are allowed`);
}

function lengthOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  return value instanceof Uint8Array ? value.length : 0;
}

function add(found: FieldViolation[], field: string, description: string): void {
  if (found.length < MAX_VIOLATIONS) found.push({ field, description });
}
