/** Requests and limits as the contract spells them: cpu in whole millicores, everything else in whole units. */
import type { Resources } from "./observation.js";
import { milliUnits, quantity, wholeUnits } from "./quantity.js";

/** undefined: neither is set. */
export function inputResources(
  resources:
    | { readonly requests?: Readonly<Record<string, string>>; readonly limits?: Readonly<Record<string, string>> }
    | undefined,
): Resources | undefined {
  if (resources?.requests === undefined && resources?.limits === undefined) return undefined;
  return { requests: spelled(resources.requests), limits: spelled(resources.limits) };
}

function spelled(list: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(list).map(([name, text]) => [name, spell(name, text)]));
}

function spell(name: string, text: string): string {
  const value = quantity(text);
  return name === "cpu" ? `${milliUnits(value)}m` : String(wholeUnits(value));
}
