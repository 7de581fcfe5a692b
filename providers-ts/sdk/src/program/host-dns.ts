/** The host's resolv.conf, read as the kubelet reads it. */
import { readFileSync } from "node:fs";
import type { DNSConfig } from "@outboard/contract";

const MOST_SERVERS = 3;
const MOST_SEARCHES = 32;

/** systemd-resolved's address on this host's loopback, and its list of the servers behind it. */
const STUB = "127.0.0.53";
const BEHIND_STUB = "/run/systemd/resolve/resolv.conf";

/**
 * What pods can take over of this host's own resolv.conf: where it names systemd-resolved's stub alone, which pods do not reach,
 * the servers behind it. Undefined: it cannot be read.
 */
export function reachableDNS(file = "/etc/resolv.conf", behindStub: string = BEHIND_STUB): DNSConfig | undefined {
  const own = hostDNS(file);
  return own?.servers.every((server) => server === STUB) === true ? (hostDNS(behindStub) ?? own) : own;
}

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
