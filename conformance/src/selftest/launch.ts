/**
 * Providers that are launched in another way than the user's command says: with flags that the kit knows, or by a shell
 * that does something to the process. The shell becomes the provider where it can, so that its end is the provider's end.
 */
import { type Kit, type Params } from "../suite/kit.js";

/** How. */
export type Launch =
  | { readonly kind: "flags"; readonly name: string; readonly params: Params }
  | { readonly kind: "script"; readonly script: string };

/** Flags of the kit. */
export function flags(name: string, params: Params = {}): Launch {
  return { kind: "flags", name, params };
}

/** A script whose arguments are the provider's command; {dir} and {endpoint} are filled in. */
export function script(text: string): Launch {
  return { kind: "script", script: text };
}

/** The command line; undefined where the kit does not know how. */
export function commandOf(launch: Launch, argv: readonly string[], kit: Kit): readonly string[] | undefined {
  const hasEndpoint = argv.some((part) => part.includes("{endpoint}"));
  const command = hasEndpoint ? argv : [...argv, "--listen", "{endpoint}"];
  if (launch.kind === "script") return ["sh", "-c", launch.script, "provider", ...command];
  const more = kit.flags(launch.name, launch.params);
  return more === undefined ? undefined : [...command, ...more];
}
