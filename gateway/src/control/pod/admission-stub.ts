import type { FeatureSupport } from "../../ports/provider.js";
export function admit(..._: unknown[]): { kind: "admitted"; warnings: { reason: string; message: string }[] } | { kind: "refused"; reason: string; message: string; warnings: { reason: string; message: string }[] } {
  return { kind: "admitted", warnings: [] };
}
export function admittedFeatures(_pod: unknown, _features: ReadonlyMap<string, FeatureSupport>): readonly string[] {
  return [];
}
