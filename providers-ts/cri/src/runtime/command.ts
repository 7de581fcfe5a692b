/** A probe's command: one call of the runtime without a session, as the kubelet asks for it. */
import { Code, isStatusError } from "@outboard/contract";
import type { CommandEnd } from "@outboard/provider-sdk";
import { DEADLINES, type CriClient } from "../client/cri-client.js";
import { textOf } from "../client/errors.js";

export interface Command {
  readonly containerId: string;
  readonly command: readonly string[];
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** Undefined: its time was up, and the runtime has killed it. Rejects with the runtime's words. */
export async function runCommand(
  { runtime }: CriClient,
  { containerId, command, seconds, signal }: Command,
): Promise<CommandEnd | undefined> {
  const request = { containerId, cmd: command, timeout: BigInt(seconds) };
  try {
    return await runtime.execSync(request, { signal, deadlineMs: seconds * 1000 + DEADLINES.usual });
  } catch (error) {
    if (isStatusError(error) && error.code === Code.DEADLINE_EXCEEDED) return undefined;
    throw new Error(textOf(error), { cause: error });
  }
}
