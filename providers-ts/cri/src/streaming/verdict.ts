/** What the error stream of exec and attach says: a metav1.Status. Pure. */
import type { SessionExit } from "@outboard/provider-sdk";

interface Status {
  readonly status?: unknown;
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly details?: { readonly causes?: readonly { readonly reason?: unknown; readonly message?: unknown }[] };
}

/** How the session ended. Nothing said means that it broke off. */
export function toExit(text: string): SessionExit {
  const status = parse(text);
  if (text === "") return { error: "the runtime did not say how the session ended", isLost: true };
  if (status === undefined) return { error: text };
  if (status.status === "Success") return { exitCode: 0 };
  const code = status.details?.causes?.find(({ reason }) => reason === "ExitCode")?.message;
  if (status.reason === "NonZeroExitCode" && typeof code === "string" && /^\d+$/.test(code)) {
    return { exitCode: Number(code) };
  }
  return typeof status.message === "string"
    ? failed(status.message)
    : { error: "the runtime could not run the session" };
}

/** What a session's server says before the error of a command that could not be run. */
const IN_SESSION = "Internal error occurred: error executing command in container: ";

function failed(error: string): SessionExit {
  if (!error.startsWith(IN_SESSION)) return { error };
  return { error, plainError: `rpc error: code = Unknown desc = ${error.slice(IN_SESSION.length)}` };
}

function parse(text: string): Status | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
