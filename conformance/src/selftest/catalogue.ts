/**
 * The faults that a suite of this kind has to see before anything else: a catalogue made from other suites and from bugs of real
 * virtual kubelets, with the mutants that stand for each row here. Where this contract has no such thing, a row says what
 * takes its place.
 */
import { CALL_ROWS } from "./catalogue-calls.js";
import { STREAM_ROWS } from "./catalogue-streams.js";

/** One row: its name in the catalogue, the fault, and our mutants by id. */
export interface CatalogueRow {
  readonly row: string;
  readonly fault: string;
  readonly mutants: readonly string[];
  /** How the row reads in this contract, where it differs. */
  readonly here?: string;
}

export const CATALOGUE: readonly CatalogueRow[] = [...CALL_ROWS, ...STREAM_ROWS];
