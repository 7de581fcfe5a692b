/** Every check, by area. */
import type { Check } from "../suite/check.js";
import { CREATE_CHECKS } from "./create.js";
import { HANDSHAKE_CHECKS } from "./handshake.js";
import { NODE_CHECKS } from "./node.js";
import { OBSERVATION_CHECKS } from "./observation.js";
import { RELEASE_CHECKS } from "./release.js";
import { SESSION_CHECKS } from "./session.js";
import { STOP_CHECKS } from "./stop.js";
import { WATCH_CHECKS } from "./watch.js";

export const CHECKS: readonly Check[] = [
  ...HANDSHAKE_CHECKS,
  ...SESSION_CHECKS,
  ...NODE_CHECKS,
  ...CREATE_CHECKS,
  ...STOP_CHECKS,
  ...RELEASE_CHECKS,
  ...OBSERVATION_CHECKS,
  ...WATCH_CHECKS,
];
