/** The registries of the contract: capabilities, features, reasons; redaction and limits by the options of the fields. */
export { CAPABILITIES, type CapabilityId } from "./gen/capabilities.js";
export { FEATURES, type FeatureId } from "./gen/features.js";
export { REASONS, type ReasonName } from "./gen/reasons.js";
export { checkLimits, MAX_VIOLATIONS } from "./limits.js";
export { capabilityId, capabilityOf, featureId, featureOf, reasonName, reasonOf, refuse } from "./lookup.js";
export { REDACTED, redact } from "./redact.js";
export type { CapabilityRow, FeatureRow, FieldRow, ReasonRow } from "./rows.js";
