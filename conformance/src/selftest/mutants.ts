/** Every mutant. */
import { BACKEND_MUTANTS } from "./backend-mutants.js";
import { CREATE_MUTANTS } from "./create-mutants.js";
import { EDGE_MUTANTS } from "./edge-mutants.js";
import { ERROR_MUTANTS } from "./error-mutants.js";
import { FEATURE_MUTANTS } from "./feature-mutants.js";
import { FOUND_MUTANTS } from "./found-mutants.js";
import { INTERACTION_MUTANTS } from "./interaction-mutants.js";
import { LOG_MUTANTS } from "./log-mutants.js";
import type { Mutant } from "./mutant.js";
import { NARROW_MUTANTS } from "./narrow-mutants.js";
import { OBSERVATION_MUTANTS } from "./observation-mutants.js";
import { ORDER_MUTANTS } from "./order-mutants.js";
import { PROCESS_MUTANTS } from "./process-mutants.js";
import { READER_MUTANTS } from "./reader-mutants.js";
import { RESTART_MUTANTS } from "./restart-mutants.js";
import { SESSION_MUTANTS } from "./session-mutants.js";
import { STOP_MUTANTS } from "./stop-mutants.js";
import { SWITCH_MUTANTS } from "./switch-mutants.js";
import { TAKEOVER_MUTANTS } from "./takeover-mutants.js";
import { UPDATE_MUTANTS } from "./update-mutants.js";
import { WATCH_MUTANTS } from "./watch-mutants.js";

export const MUTANTS: readonly Mutant[] = [
  ...SESSION_MUTANTS,
  ...CREATE_MUTANTS,
  ...STOP_MUTANTS,
  ...OBSERVATION_MUTANTS,
  ...UPDATE_MUTANTS,
  ...ERROR_MUTANTS,
  ...WATCH_MUTANTS,
  ...LOG_MUTANTS,
  ...INTERACTION_MUTANTS,
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
