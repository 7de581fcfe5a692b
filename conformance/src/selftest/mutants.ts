/** Every mutant. */
import { LIFE_MUTANTS } from "./life-mutants.js";
import type { Mutant } from "./mutant.js";
import { SESSION_MUTANTS } from "./session-mutants.js";
import { STREAM_MUTANTS } from "./stream-mutants.js";

export const MUTANTS: readonly Mutant[] = [...SESSION_MUTANTS, ...LIFE_MUTANTS, ...STREAM_MUTANTS];
