/** Checks of features, one table after the other. */
import type { Check } from "../../suite/check.js";
import { BASE_FEATURE_CHECKS } from "./base-checks.js";
import { HOOK_CHECKS } from "./hook-checks.js";
import { IMAGE_CHECKS } from "./image-checks.js";
import { PROBE_CHECKS } from "./probe-checks.js";
import { RESOURCE_CHECKS } from "./resource-checks.js";
import { rowCheck } from "./row.js";
import { SECURITY_ROWS } from "./security-rows.js";
import { SHARED_CHECKS } from "./shared-checks.js";
import { WORKLOAD_ROWS } from "./workload-rows.js";

export const FEATURE_TABLE_CHECKS: readonly Check[] = [
  ...BASE_FEATURE_CHECKS,
  ...WORKLOAD_ROWS.map(rowCheck),
  ...SECURITY_ROWS.map(rowCheck),
  ...PROBE_CHECKS,
  ...HOOK_CHECKS,
  ...IMAGE_CHECKS,
  ...SHARED_CHECKS,
  ...RESOURCE_CHECKS,
];
