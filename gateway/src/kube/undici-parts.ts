/**
 * The parts of undici that are needed: the whole of it, with fetch and all, is 13 MiB more that stay resident. Its files are
 * no public interface: the version is pinned, and undici-parts.test.ts uses each part in a process of its own.
 */
import { createRequire } from "node:module";
import type { Dispatcher, Pool as PoolType, ProxyAgent as ProxyAgentType } from "undici";

const load = createRequire(import.meta.url);

/** Connections to one origin. */
export const Pool = load("undici/lib/dispatcher/pool.js") as typeof PoolType;

type AskFor = (this: Dispatcher, options: Dispatcher.RequestOptions) => Promise<Dispatcher.ResponseData>;
const askFor = load("undici/lib/api/api-request.js") as AskFor;

/** One request; its answer's body is a stream. */
export async function openAnswer(
  dispatcher: Dispatcher,
  options: Dispatcher.RequestOptions,
): Promise<Dispatcher.ResponseData> {
  return await askFor.call(dispatcher, options);
}

/** Loaded when a proxy is configured, which is seldom. */
export function createProxyAgent(options: ProxyAgentType.Options): Dispatcher {
  const ProxyAgent = load("undici/lib/dispatcher/proxy-agent.js") as typeof ProxyAgentType;
  return new ProxyAgent(options);
}
