/** How a session ended, in the words that clients read on the error channel. Pure. */
import type { SessionExit } from "../../ports/provider.js";

/** How a session ended. */
export type Verdict =
  | { readonly kind: "exited"; readonly code: number }
  /** The command could not be started, or its end is not known. */
  | { readonly kind: "failed"; readonly message: string };

const SIGNAL_BASE = 128;

/** What the provider said, as a verdict. A signal reads as a shell shows it. */
export function toVerdict(exit: SessionExit): Verdict {
  switch (exit.kind) {
    case "code":
      return { kind: "exited", code: exit.code };
    case "signal":
      return { kind: "exited", code: SIGNAL_BASE + exit.signal };
    case "error":
      return { kind: "failed", message: exit.message };
  }
}

/** A metav1.Status as JSON: what protocols from v4 on expect, always. */
export function statusJson(verdict: Verdict): string {
  if (verdict.kind === "exited" && verdict.code === 0) return JSON.stringify({ metadata: {}, status: "Success" });
  const failure = { metadata: {}, status: "Failure", message: failureText(verdict) };
  if (verdict.kind === "failed") {
    const details = { causes: [{ message: verdict.message }] };
    return JSON.stringify({ ...failure, reason: "InternalError", details, code: 500 });
  }
  const details = { causes: [{ reason: "ExitCode", message: String(verdict.code) }] };
  return JSON.stringify({ ...failure, reason: "NonZeroExitCode", details });
}

/** What protocols before v4 expect: a text for a failure, nothing for success. */
export function statusText(verdict: Verdict): string {
  return verdict.kind === "exited" && verdict.code === 0 ? "" : failureText(verdict);
}

function failureText(verdict: Verdict): string {
  return verdict.kind === "failed"
    ? `Internal error occurred: ${verdict.message}`
    : `command terminated with non-zero exit code: exit status ${verdict.code}`;
}
