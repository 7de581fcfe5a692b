/** Error texts of a runtime name the command as it was run; expanded values in it may be secrets, so the manifest's spelling is shown. */
import type { ContainerManifest } from "./manifest.js";

/** The text with each expanded word of the command line replaced by what the manifest says. */
export function unexpanded(
  text: string,
  run: { readonly command: readonly string[]; readonly args: readonly string[] },
  { command = [], args = [] }: Pick<ContainerManifest, "command" | "args">,
): string {
  const words = [...pairs(run.command, command), ...pairs(run.args, args)];
  return words
    .filter(([expanded, written]) => expanded !== "" && expanded !== written)
    .toSorted(([left], [right]) => right.length - left.length)
    .reduce((shown, [expanded, written]) => shown.replaceAll(expanded, written), text);
}

function pairs(run: readonly string[], written: readonly string[]): readonly (readonly [string, string])[] {
  return run.map((expanded, index) => [expanded, written[index] ?? ""] as const);
}
