/** Every mutant. */
import { LIFE_MUTANTS } from "./life-mutants.js";
import { BACKEND_MUTANTS } from "./backend-mutants.js";
import { EDGE_MUTANTS } from "./edge-mutants.js";
import { FEATURE_MUTANTS } from "./feature-mutants.js";
import { FOUND_MUTANTS } from "./found-mutants.js";
import { ORDER_MUTANTS } from "./order-mutants.js";
import { READER_MUTANTS } from "./reader-mutants.js";
import { TAKEOVER_MUTANTS } from "./takeover-mutants.js";
import type { Mutant } from "./mutant.js";
import { NARROW_MUTANTS } from "./narrow-mutants.js";
import { PROCESS_MUTANTS } from "./process-mutants.js";
import { RESTART_MUTANTS } from "./restart-mutants.js";
import { SESSION_MUTANTS } from "./session-mutants.js";
import { STREAM_MUTANTS } from "./stream-mutants.js";
import { SWITCH_MUTANTS } from "./switch-mutants.js";

export const MUTANTS: readonly Mutant[] = [
  ...SESSION_MUTANTS,
  ...LIFE_MUTANTS,
  ...STREAM_MUTANTS,
  ...TAKEOVER_MUTANTS,
  ...READER_MUTANTS,
  ...ORDER_MUTANTS,
  ...FEATURE_MUTANTS,
  ...EDGE_MUTANTS,
  ...BACKEND_MUTANTS,
  ...NARROW_MUTANTS,
  ...RESTART_MUTANTS,
  ...SWITCH_MUTANTS,
  ...PROCESS_MUTANTS,
  ...FOUND_MUTANTS,
];
