/** Every check, by area. */
import type { Check } from "../suite/check.js";
import { ATTACH_CHECKS } from "./attach.js";
import { CAPABILITY_CHECKS } from "./capabilities.js";
import { CREATE_CHECKS } from "./create.js";
import { EXEC_CHECKS } from "./exec.js";
import { FEATURE_CHECKS } from "./feature.js";
import { FEATURE_TABLE_CHECKS } from "./features/index.js";
import { FORWARD_CHECKS } from "./forward.js";
import { HANDSHAKE_CHECKS } from "./handshake.js";
import { INPUT_CHECKS } from "./inputs.js";
import { LOGS_CHECKS } from "./logs.js";
import { NODE_CHECKS } from "./node.js";
import { OBSERVATION_CHECKS } from "./observation.js";
import { RELEASE_CHECKS } from "./release.js";
import { RESTART_CHECKS } from "./restart.js";
import { SESSION_CHECKS } from "./session.js";
import { STATS_CHECKS } from "./stats.js";
import { STOP_CHECKS } from "./stop.js";
import { UPDATE_CHECKS } from "./update.js";
import { WATCH_CHECKS } from "./watch.js";
import { WIRE_CHECKS } from "./wire.js";

export const CHECKS: readonly Check[] = [
  ...HANDSHAKE_CHECKS,
  ...SESSION_CHECKS,
  ...NODE_CHECKS,
  ...CREATE_CHECKS,
  ...STOP_CHECKS,
  ...RELEASE_CHECKS,
  ...OBSERVATION_CHECKS,
  ...WATCH_CHECKS,
  ...LOGS_CHECKS,
  ...EXEC_CHECKS,
  ...ATTACH_CHECKS,
  ...FORWARD_CHECKS,
  ...STATS_CHECKS,
  ...INPUT_CHECKS,
  ...UPDATE_CHECKS,
  ...CAPABILITY_CHECKS,
  ...WIRE_CHECKS,
  ...FEATURE_CHECKS,
  ...FEATURE_TABLE_CHECKS,
  ...RESTART_CHECKS,
];
