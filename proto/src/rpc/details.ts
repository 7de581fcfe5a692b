/**
 * google.rpc.Status with ErrorInfo, RetryInfo and BadRequest, as they travel in the trailer grpc-status-details-bin.
 * Written over the wire format directly: the four messages are frozen and small.
 */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { cutText } from "./cut-text.js";

/** Domain of every ErrorInfo of this contract. */
export const ERROR_DOMAIN = "outboard.dev";

/** One broken rule of a request. */
export interface FieldViolation {
  /** Path of the field, or JSON path below the Pod. */
  readonly field: string;
  /** What is wrong, for people; no values. */
  readonly description: string;
}

/** What ErrorInfo, RetryInfo and BadRequest say. */
export interface ErrorDetails {
  readonly reason: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly retryAfterMs?: number;
  readonly violations: readonly FieldViolation[];
}

const TYPE = "type.googleapis.com/google.rpc.";

/** Most violations that travel, so that the trailer stays below the 8 KiB that every peer takes. */
const MAX_VIOLATIONS = 20;
const MAX_VIOLATION_BYTES = 80;

/**
 * What of the details travels: all but the end of a long list of violations and of long texts in it. A peer that gets
 * more than 8 KiB of trailers may drop them all.
 */
export function cutDetails(details: ErrorDetails): ErrorDetails {
  const violations = details.violations.slice(0, MAX_VIOLATIONS).map(({ field, description }) => ({
    field: cutText(field, MAX_VIOLATION_BYTES),
    description: cutText(description, MAX_VIOLATION_BYTES),
  }));
  return { ...details, violations };
}

/** Encodes a google.rpc.Status. */
export function encodeStatus(code: number, message: string, details: ErrorDetails): Uint8Array {
  const status = new BinaryWriter().uint32(8).int32(code).uint32(18).string(message);
  writeAny(status, "ErrorInfo", encodeErrorInfo(details));
  if (details.retryAfterMs !== undefined) writeAny(status, "RetryInfo", encodeRetryInfo(details.retryAfterMs));
  if (details.violations.length > 0) writeAny(status, "BadRequest", encodeBadRequest(details.violations));
  return status.finish();
}

/** Decodes our details from a google.rpc.Status; undefined when there is no ErrorInfo of our domain or the bytes are bad. */
export function decodeStatus(bytes: Uint8Array): ErrorDetails | undefined {
  try {
    return readDetails(bytes);
  } catch {
    return undefined;
  }
}

function writeAny(status: BinaryWriter, name: string, value: Uint8Array): void {
  status
    .uint32(26)
    .fork()
    .uint32(10)
    .string(TYPE + name)
    .uint32(18)
    .bytes(value)
    .join();
}

function encodeErrorInfo({ reason, metadata }: ErrorDetails): Uint8Array {
  const writer = new BinaryWriter().uint32(10).string(reason).uint32(18).string(ERROR_DOMAIN);
  for (const [key, value] of metadata) writer.uint32(26).fork().uint32(10).string(key).uint32(18).string(value).join();
  return writer.finish();
}

function encodeRetryInfo(retryAfterMs: number): Uint8Array {
  const seconds = Math.floor(retryAfterMs / 1000);
  const nanos = Math.round((retryAfterMs % 1000) * 1e6);
  return new BinaryWriter().uint32(10).fork().uint32(8).int64(seconds).uint32(16).int32(nanos).join().finish();
}

function encodeBadRequest(violations: readonly FieldViolation[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const { field, description } of violations) {
    writer.uint32(10).fork().uint32(10).string(field).uint32(18).string(description).join();
  }
  return writer.finish();
}

function readDetails(bytes: Uint8Array): ErrorDetails | undefined {
  let info: Pick<ErrorDetails, "reason" | "metadata"> | undefined;
  let retryAfterMs: number | undefined;
  let violations: readonly FieldViolation[] = [];
  for (const any of fieldsOf(bytes).bytes(3)) {
    const fields = fieldsOf(any);
    const value = fields.bytes(2)[0] ?? new Uint8Array();
    const type = fields.text(1);
    if (type === `${TYPE}ErrorInfo`) info = readErrorInfo(value) ?? info;
    if (type === `${TYPE}RetryInfo`) retryAfterMs = readDuration(fieldsOf(value).bytes(1)[0]);
    if (type === `${TYPE}BadRequest`) violations = fieldsOf(value).bytes(1).map(readViolation);
  }
  if (info === undefined) return undefined;
  return { ...info, violations, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

function readErrorInfo(bytes: Uint8Array): Pick<ErrorDetails, "reason" | "metadata"> | undefined {
  const fields = fieldsOf(bytes);
  if (fields.text(2) !== ERROR_DOMAIN) return undefined;
  const entries = fields.bytes(3).map((entry) => [fieldsOf(entry).text(1), fieldsOf(entry).text(2)] as const);
  return { reason: fields.text(1), metadata: new Map(entries) };
}

function readViolation(bytes: Uint8Array): FieldViolation {
  const fields = fieldsOf(bytes);
  return { field: fields.text(1), description: fields.text(2) };
}

function readDuration(bytes: Uint8Array | undefined): number {
  if (bytes === undefined) return 0;
  const fields = fieldsOf(bytes);
  return fields.number(1) * 1000 + fields.number(2) / 1e6;
}

/** The fields of one message by number: length-delimited ones as bytes, varints as numbers. */
function fieldsOf(message: Uint8Array) {
  const chunks = new Map<number, Uint8Array[]>();
  const numbers = new Map<number, number>();
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType === WireType.LengthDelimited) chunks.set(field, [...(chunks.get(field) ?? []), reader.bytes()]);
    else if (wireType === WireType.Varint) numbers.set(field, Number(reader.int64()));
    else reader.skip(wireType, field);
  }
  return {
    bytes: (field: number): readonly Uint8Array[] => chunks.get(field) ?? [],
    text: (field: number): string => new TextDecoder().decode(chunks.get(field)?.[0] ?? new Uint8Array()),
    number: (field: number): number => numbers.get(field) ?? 0,
  };
}
