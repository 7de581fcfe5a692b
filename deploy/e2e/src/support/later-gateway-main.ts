// Adds a revision to those that the gateway offers, and starts it.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { LATER_REVISION } from "./later-gateway.js";

const GATEWAY = join(import.meta.dirname, "..", "..", "..", "..", "gateway");

const { REVISIONS } = (await import(pathToFileURL(join(GATEWAY, "dist", "provider", "handshake.js")).href)) as {
  readonly REVISIONS: number[];
};
REVISIONS.push(LATER_REVISION);
await import(pathToFileURL(join(GATEWAY, "bin", "outboard.mjs")).href);
