/** Every defect by its name. */
import type { Defect } from "./defect.js";
import { LIVING_DEFECTS } from "./living.js";
import { STORED_DEFECTS } from "./stored.js";
import { TALKING_DEFECTS } from "./talking.js";

/** The names are those that --defect takes. */
export const DEFECTS: ReadonlyMap<string, Defect> = new Map(
  Object.entries({ ...LIVING_DEFECTS, ...STORED_DEFECTS, ...TALKING_DEFECTS }),
);
