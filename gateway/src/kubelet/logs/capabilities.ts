/** Which log requests the provider can serve at all; the rest is answered 501 rather than half served. Pure. */
import type { ProviderInfo } from "../../ports/provider.js";
import type { LogOptions } from "./options.js";

/** The first capability that these options need and the provider did not declare. */
export function missingCapability(info: ProviderInfo, options: LogOptions): string | undefined {
  const needed = [
    "logs",
    ...(options.follow ? ["logs.follow"] : []),
    ...(options.previous ? ["logs.previous"] : []),
    ...(options.timestamps || options.sinceSeconds !== undefined || options.sinceTime !== undefined
      ? ["logs.time"]
      : []),
  ];
  return needed.find((id) => !info.capabilities.has(id));
}

/** The text for a missing capability. */
export function missingText(info: ProviderInfo, capability: string): string {
  return `the provider ${JSON.stringify(info.name)} does not offer ${capability}`;
}
