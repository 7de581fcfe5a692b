/** Errors of a CRI runtime, worded as the kubelet words them. */
import { Code, goCodeName, isStatusError } from "@outboard/contract";

/** What the runtime said, without code. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown error";
}

/** What the runtime said, with its code. */
export function textOf(error: unknown): string {
  if (!isStatusError(error)) return messageOf(error);
  return `rpc error: code = ${goCodeName(error.code) ?? "Unknown"} desc = ${error.message}`;
}

/** As textOf, but code Unknown tells nothing and is left out: how pulls are told. */
export function pullTextOf(error: unknown): string {
  return isStatusError(error) && error.code === Code.UNKNOWN ? error.message : textOf(error);
}

export function isNotFound(error: unknown): boolean {
  return isStatusError(error) && error.code === Code.NOT_FOUND;
}

/** The runtime failed at it and has no code for that. */
export function isUnknown(error: unknown): boolean {
  return isStatusError(error) && error.code === Code.UNKNOWN;
}

/** There was nobody to answer. containerd that begins says it with code Unknown. */
export function isUnavailable(error: unknown): boolean {
  if (!isStatusError(error)) return false;
  return error.code === Code.UNAVAILABLE || (error.code === Code.UNKNOWN && /not initialized yet/.test(error.message));
}

/** Some runtimes say it with code Unknown. */
export function isUnimplemented(error: unknown): boolean {
  if (!isStatusError(error)) return false;
  return error.code === Code.UNIMPLEMENTED || (error.code === Code.UNKNOWN && /not implemented/i.test(error.message));
}

/** Whether the call was done is not known. */
export function isOutcomeUnknown(error: unknown): boolean {
  if (!isStatusError(error)) return true;
  return [Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.CANCELLED].includes(error.code);
}

/** For calls whose object may be gone already. */
export async function unlessGone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
