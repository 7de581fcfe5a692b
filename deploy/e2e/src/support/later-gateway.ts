// The gateway of the next release, as far as a session's beginning goes: it speaks revision 2 of the contract as well as 1.

import { join } from "node:path";
import type { Program } from "./managed-process.js";

export const LATER_REVISION = 2;

/** The same program, begun by the file that gives it the later revision. */
export function laterRevision({ args: [, ...args], ...program }: Program): Program {
  return { ...program, args: [join(import.meta.dirname, "later-gateway-main.js"), ...args] };
}
