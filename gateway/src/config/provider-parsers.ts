/** Parsers for how the provider is reached. */
import { parseAddress } from "@outboard/contract";
import type { Parser } from "./setting.js";

/** unix:///PATH or tcp://HOST:PORT; kept as it is written. */
export const providerAddress: Parser<string> = (raw) => {
  if (typeof raw !== "string") return { problem: "must be unix:///PATH or tcp://HOST:PORT" };
  try {
    parseAddress(raw);
    return { value: raw };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
};
