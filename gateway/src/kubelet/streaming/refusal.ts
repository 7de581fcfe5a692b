/** Answers before the connection is switched. */
import type { ProviderInfo } from "../../ports/provider.js";
import { missingText } from "../logs/capabilities.js";
import { replyText } from "../reply.js";
import type { Exchange } from "../exchange.js";

/** An answer that is a text. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const RETRY = { "Retry-After": "1" };

/** Tells what separates a refusal from a target. */
export function isRefusal(value: object): value is Refusal {
  return "status" in value;
}

/** The provider, if it is there and has all of these capabilities. */
export function requireProvider(
  info: ProviderInfo | undefined,
  capabilities: readonly string[],
): ProviderInfo | Refusal {
  if (info === undefined) return { status: 503, text: "the provider is not connected", headers: RETRY };
  const missing = capabilities.find((id) => !info.capabilities.has(id));
  return missing === undefined ? info : { status: 501, text: missingText(info, missing) };
}

/** All places for streams are taken. */
export function tooMany(limit: number): Refusal {
  return { status: 429, text: `all ${limit} streams of this node are in use`, headers: RETRY };
}

/** Sends it. */
export function refuse({ response }: Pick<Exchange, "response">, { status, text, headers }: Refusal): void {
  replyText(response, status, text, headers);
}
