/** Runs a command without streams: its output is the answer. */
import { ProviderError, type SessionOutput } from "../../ports/provider.js";
import { toVerdict } from "./verdict.js";

/** Output beyond this is an error, bytes. */
const MAX_OUTPUT = 16 * 1024 * 1024;

/** How it went. */
export interface RunResult {
  readonly code: number;
  readonly output: Buffer;
}

/** Collects the output of a command. @throws ProviderError when it could not be run or says too much */
export async function collectRun(outputs: AsyncIterable<SessionOutput>): Promise<RunResult> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const output of outputs) {
    if (output.kind === "exit") {
      const verdict = toVerdict(output.exit);
      if (verdict.kind === "failed") throw new ProviderError(verdict.message);
      return { code: verdict.code, output: Buffer.concat(pieces) };
    }
    length += output.data.length;
    if (length > MAX_OUTPUT) throw new ProviderError("the command says too much");
    pieces.push(output.data);
  }
  throw new ProviderError("the provider did not say how the command ended");
}
