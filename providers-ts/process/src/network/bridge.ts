/**
 * An address per pod: a network namespace, a pair of virtual links, and one bridge per provider, made with ip(8). Names
 * carry the provider's tag and the pod's UID, so that leftovers are found. No packet filter is touched: pods reach each
 * other and this host.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { firstFreeAddress, freeRange, parseRange, rangeAddress, type Range } from "./addresses.js";
import type { PodNetwork } from "./network.js";

const NETNS_FOLDER = "/run/netns";

export interface BridgeOptions {
  /** Path of ip(8). */
  readonly ip: string;
  /** Eight characters of the provider's own. */
  readonly tag: string;
  /** Folder in which the chosen range is kept. */
  readonly state: string;
  readonly cidr: string | undefined;
}

export async function openBridge(options: BridgeOptions): Promise<PodNetwork> {
  const range = await chooseRange(options);
  return new Bridge(options, range);
}

async function chooseRange({ ip, state, cidr }: BridgeOptions): Promise<Range> {
  if (cidr !== undefined) return parseRange(cidr);
  const file = join(state, "network.json");
  const kept = readText(file);
  if (kept !== undefined) return parseRange((JSON.parse(kept) as { readonly cidr: string }).cidr);
  const routes = await run(ip, ["-4", "route", "show", "table", "all"]);
  const chosen = freeRange(routes, createHash("sha256").update(state).digest().readUInt32BE(0));
  writeFileSync(file, JSON.stringify({ cidr: chosen }), { mode: 0o600 });
  return parseRange(chosen);
}

class Bridge implements PodNetwork {
  readonly #ip: string;
  readonly #tag: string;
  readonly #range: Range;
  readonly #reserved = new Map<string, string>();
  #making: Promise<void> | undefined;

  constructor({ ip, tag }: BridgeOptions, range: Range) {
    this.#ip = ip;
    this.#tag = tag;
    this.#range = range;
  }

  async create(
    uid: string,
    taken: ReadonlySet<string>,
  ): Promise<{ readonly path: string; readonly podIPs: readonly string[] }> {
    const address = firstFreeAddress(this.#range, new Set([...taken, ...this.#reserved.values()]));
    this.#reserved.set(uid, address);
    await this.#ensureBridge();
    const name = this.#namespace(uid);
    const [outside, inside] = linkNames(this.#tag, uid);
    const gateway = rangeAddress(this.#range, 1);
    await this.#run("netns", "add", name);
    await this.#run("link", "add", outside, "type", "veth", "peer", "name", inside, "netns", name);
    await this.#run("link", "set", outside, "master", this.#bridge, "up");
    await this.#run("-n", name, "link", "set", "lo", "up");
    await this.#run("-n", name, "link", "set", inside, "name", "eth0", "up");
    await this.#run("-n", name, "addr", "add", `${address}/${String(this.#range.bits)}`, "dev", "eth0");
    await this.#run("-n", name, "route", "add", "default", "via", gateway);
    return { path: `${NETNS_FOLDER}/${name}`, podIPs: [address] };
  }

  async remove(uid: string): Promise<void> {
    this.#reserved.delete(uid);
    const name = this.#namespace(uid);
    await this.#run("link", "del", linkNames(this.#tag, uid)[0]).catch(ignore);
    await this.#run("netns", "del", name).catch((error: unknown) => {
      if (namespaces().includes(name)) throw error;
    });
  }

  known(): Promise<ReadonlySet<string>> {
    const prefix = this.#namespace("");
    const ours = namespaces().filter((name) => name.startsWith(prefix));
    return Promise.resolve(new Set(ours.map((name) => name.slice(prefix.length))));
  }

  async close(): Promise<void> {
    if (this.#reserved.size > 0 || (await this.known()).size > 0) return;
    this.#making = undefined;
    await this.#run("link", "del", this.#bridge).catch(ignore);
  }

  get #bridge(): string {
    return `ob-${this.#tag}`;
  }

  #namespace(uid: string): string {
    return `outboard-${this.#tag}-${uid}`;
  }

  async #ensureBridge(): Promise<void> {
    this.#making ??= this.#makeBridge();
    try {
      await this.#making;
    } catch (error) {
      this.#making = undefined;
      throw error;
    }
  }

  async #makeBridge(): Promise<void> {
    const gateway = `${rangeAddress(this.#range, 1)}/${String(this.#range.bits)}`;
    await this.#run("link", "add", this.#bridge, "type", "bridge").catch(ignore);
    await this.#run("addr", "replace", gateway, "dev", this.#bridge);
    await this.#run("link", "set", this.#bridge, "up");
  }

  #run(...words: readonly string[]): Promise<string> {
    return run(this.#ip, words);
  }
}

/** Names of links hold 15 characters: the outer one is found again by its hash. */
function linkNames(tag: string, uid: string): readonly [outside: string, inside: string] {
  const hash = createHash("sha256").update(`${tag}/${uid}`).digest("hex").slice(0, 11);
  return [`obv-${hash}`, `obp-${hash}`];
}

function namespaces(): readonly string[] {
  try {
    return readdirSync(NETNS_FOLDER);
  } catch {
    return [];
  }
}

function run(ip: string, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(ip, words, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      reject(new Error(`ip ${words.slice(0, 3).join(" ")}: ${stderr.trim()}`, { cause: error }));
    });
  });
}

/** It is there already, or gone already. */
function ignore(): void {
  return;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
