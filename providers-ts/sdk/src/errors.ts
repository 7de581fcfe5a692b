/** Errors: refusals of the contract's closed list, and what may be logged of any other error. */

export { refuse } from "@outboard/contract";

/**
 * What may be logged of an error that the SDK did not make: its name, its code and where it came from. The text is left
 * out, because texts of libraries may carry secrets.
 */
export function describeError(error: unknown): { readonly name: string; readonly code?: string; readonly at: string } {
  if (!(error instanceof Error)) return { name: typeof error, at: "" };
  const frames = (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  const at = frames
    .slice(0, 5)
    .map((line) => line.trim().replace(/^at /, ""))
    .join(" < ");
  const code = (error as NodeJS.ErrnoException).code;
  return typeof code === "string" ? { name: error.name, code, at } : { name: error.name, at };
}
