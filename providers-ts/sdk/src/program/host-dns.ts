/** The host's resolv.conf, read as the kubelet reads it. */
import { readFileSync } from "node:fs";
import type { DNSConfig } from "@outboard/contract";

const MOST_SERVERS = 3;
const MOST_SEARCHES = 32;

/** The file's content; undefined: it cannot be read. Default: /etc/resolv.conf. */
export function hostDNS(file = "/etc/resolv.conf"): DNSConfig | undefined {
  try {
    return parseResolvConf(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** Servers add up; of search lines the last one counts, of an option the last value. No more than a resolver takes. */
export function parseResolvConf(text: string): DNSConfig {
  const servers: string[] = [];
  const options = new Map<string, string>();
  let searches: readonly string[] = [];
  for (const line of text.split("\n")) {
    const [keyword, ...rest] = line.trim().split(/\s+/);
    if (keyword === "nameserver") servers.push(...rest.slice(0, 1));
    if (keyword === "search") searches = rest.filter((each) => each !== ".").map((each) => each.replace(/\.$/, ""));
    if (keyword === "options") for (const option of rest) addOption(options, option);
  }
  return {
    servers: servers.slice(0, MOST_SERVERS),
    searches: searches.slice(0, MOST_SEARCHES),
    options: [...options.values()],
  };
}

function addOption(options: Map<string, string>, option: string): void {
  const [name = option] = option.split(":");
  options.delete(name);
  options.set(name, option);
}
