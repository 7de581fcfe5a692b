/** How much an attack is: a small one in every test run, a large one when the environment asks for it. */

const IS_FULL = process.env["OUTBOARD_HOSTILE"] === "full";

/** The sizes. */
export const SCALE: Scale = IS_FULL
  ? { fuzzedSessions: 10_000, idleSessions: 1_000, brokenOff: 2_000, halfOpen: 500, waitsForLimits: true }
  : { fuzzedSessions: 300, idleSessions: 200, brokenOff: 500, halfOpen: 50, waitsForLimits: false };

/** What can be more or less. */
export interface Scale {
  /** Of SPDY and of WebSocket together. */
  readonly fuzzedSessions: number;
  readonly idleSessions: number;
  /** Sessions that run in the provider and are cut by the client. More than 1,000 in a short time are a flood to an HTTP/2 server. */
  readonly brokenOff: number;
  readonly halfOpen: number;
  /** Also waits until the gateway's own time limits have passed, up to a minute. */
  readonly waitsForLimits: boolean;
}
