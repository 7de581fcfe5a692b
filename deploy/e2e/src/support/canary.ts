// Law 10: no secret leaves its path. Tests plant a canary as a secret's value and look for it everywhere it must not be.

import { randomBytes } from "node:crypto";
import type { World } from "./world.js";

export function createCanary(): string {
  return `canary-${randomBytes(12).toString("hex")}`;
}

/** Where the canary shows although it must not: process logs, events, pods, the node. Empty means safe. */
export async function findCanary(world: World, canary: string): Promise<string[]> {
  const places: [string, string][] = [
    ["log of the gateway", world.gateway.log()],
    ["log of the provider", world.provider.log()],
    ["events of the namespace", await world.api.text(`/api/v1/namespaces/${world.namespace}/events`)],
    ["events of the node", await world.api.text("/api/v1/namespaces/default/events")],
    ["pods of the namespace", await world.api.text(`/api/v1/namespaces/${world.namespace}/pods`)],
    ["node", await world.api.text(`/api/v1/nodes/${world.nodeName}`)],
  ];
  return places.filter(([, text]) => containsCanary(text, canary)).map(([place]) => place);
}

/** Also in the forms that code may turn it into: base64 at any alignment, hex, URL and JSON escapes. */
export function containsCanary(text: string, canary: string): boolean {
  return spellings(canary).some((spelling) => text.includes(spelling));
}

function spellings(canary: string): string[] {
  const bytes = Buffer.from(canary, "utf8");
  return [canary, encodeURIComponent(canary), bytes.toString("hex"), ...base64Cores(bytes)];
}

/** The characters that do not depend on what stands before and after the canary in the encoded bytes. */
function base64Cores(bytes: Buffer): string[] {
  return [0, 1, 2].map((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    const end = Math.floor(((offset + bytes.length) * 8) / 6);
    return padded.slice(Math.ceil((offset * 8) / 6), end);
  });
}
