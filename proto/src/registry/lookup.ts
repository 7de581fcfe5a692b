/** From number to id and back, for capabilities, features and reasons. Unknown numbers and ids give undefined. */
import { Code, StatusError, type StatusErrorOptions } from "../rpc/status.js";
import { CAPABILITIES, type CapabilityId } from "./gen/capabilities.js";
import { FEATURES, type FeatureId } from "./gen/features.js";
import { REASONS, type ReasonName } from "./gen/reasons.js";
import type { CapabilityRow, FeatureRow, ReasonRow } from "./rows.js";

const capabilityByNumber = new Map(CAPABILITIES.map((row) => [row.number, row]));
const capabilityById = new Map<string, CapabilityRow<CapabilityId>>(CAPABILITIES.map((row) => [row.id, row]));
const featureByNumber = new Map(FEATURES.map((row) => [row.number, row]));
const featureById = new Map<string, FeatureRow<FeatureId>>(FEATURES.map((row) => [row.id, row]));
const reasonByNumber = new Map(REASONS.map((row) => [row.number, row]));
const reasonByName = new Map<string, ReasonRow<ReasonName>>(REASONS.map((row) => [row.name, row]));

/** Id of a capability's number on the wire; undefined for numbers of a later revision. */
export function capabilityId(number: number): CapabilityId | undefined {
  return capabilityByNumber.get(number)?.id;
}

/** Row of a capability's id; undefined where there is none. */
export function capabilityOf(id: string): CapabilityRow<CapabilityId> | undefined {
  return capabilityById.get(id);
}

/** Id of a feature's number on the wire; undefined for numbers of a later revision. */
export function featureId(number: number): FeatureId | undefined {
  return featureByNumber.get(number)?.id;
}

/** Row of a feature's id; undefined where there is none. */
export function featureOf(id: string): FeatureRow<FeatureId> | undefined {
  return featureById.get(id);
}

/** Name of a reason's number in errors.proto; undefined where there is none. */
export function reasonName(number: number): ReasonName | undefined {
  return reasonByNumber.get(number)?.name;
}

/** Row of a reason's name as it came in ErrorInfo; undefined for reasons of a later revision. */
export function reasonOf(name: string): ReasonRow<ReasonName> | undefined {
  return reasonByName.get(name);
}

/**
 * The error with which a provider refuses a call: the reason and the status code that goes with it.
 * The message is one sentence for people and holds no secrets. Throw it from a handler.
 */
export function refuse(
  reason: ReasonName,
  message: string,
  options: Omit<StatusErrorOptions, "reason"> = {},
): StatusError {
  const row = reasonByName.get(reason);
  if (row === undefined) throw new TypeError(`refuse: there is no reason ${reason}`);
  return new StatusError(Code[row.code as keyof typeof Code], message, { ...options, reason });
}
