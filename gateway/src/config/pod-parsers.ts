/** Parsers for how pods are treated: what becomes of features that the provider does not have. */
import type { FeaturePolicy } from "../domain/admission-features.js";
import { FEATURE_RULES } from "../domain/feature-rules.js";
import { mapOf, type Parser } from "./setting.js";

const POLICIES: readonly string[] = ["refuse", "warn", "omit"];
/** "*" stands for every feature that is not named. */
const FEATURES: ReadonlySet<string> = new Set(["*", "unknown_field", ...FEATURE_RULES.map(({ id }) => id)]);

const policies = mapOf((feature, policy) => {
  if (!FEATURES.has(feature)) return "names no feature; outboard inspect lists them";
  return POLICIES.includes(policy) ? undefined : `must be one of ${POLICIES.join(", ")}`;
});

/** FEATURE=POLICY,... */
export const featurePolicy: Parser<Readonly<Record<string, FeaturePolicy>>> = (raw) =>
  policies(raw) as ReturnType<Parser<Readonly<Record<string, FeaturePolicy>>>>;
