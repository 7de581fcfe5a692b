/** `$(NAME)` in the command of a probe, from the variables that stand in the Manifest as they are. Pure. */
import type { EnvManifest } from "../manifest.js";

/** Variables that are not named stay as they stand; `$$` is one `$`. */
export function expandStatic(text: string, env: readonly EnvManifest[]): string {
  const values = new Map(env.map(({ name, value }) => [name, value ?? ""]));
  return text.replaceAll(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? "$" : (values.get(name) ?? whole),
  );
}
