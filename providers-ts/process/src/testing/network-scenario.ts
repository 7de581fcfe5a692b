/**
 * Pods with addresses of their own, in a network and mount namespace that the test made for this process alone. Prints what
 * was seen as JSON.
 */
import { execFileSync } from "node:child_process";
import type { SandboxSpec } from "@outboard/provider-sdk";
import { eventually } from "@outboard/provider-sdk/testing";
import { openBridge } from "../network/bridge.js";
import { World } from "./world.js";

const ip = (...words: readonly string[]): string => execFileSync("ip", words, { encoding: "utf8" });
// Over this folder alone: programs and state may lie anywhere else below /run.
execFileSync("mount", ["-t", "tmpfs", "outboard", "/run/netns"]);
ip("link", "set", "lo", "up");

/** A program of its own place in every pod: where the host keeps it, a pod may see nothing. */
const NODE = { volume: "node", source: process.execPath, mountPath: "/bin/outboard-test-node", readOnly: true };

const world = await World.open({
  bridge: async (state, tag) => await openBridge({ ip: "ip", tag, state, cidr: "10.99.7.0/29" }),
});
const seen = await lookAndLeave();
const links = ip("-o", "link")
  .split("\n")
  .filter((line) => /\bob/.test(line));
const leftovers = [...world.leftovers(), ...links, ...ip("netns").split("\n").filter(Boolean)];
process.stdout.write(JSON.stringify({ ...seen, leftovers }));

async function lookAndLeave(): Promise<object> {
  await using _ = world;
  return await look(world);
}

async function look({ runtime }: World): Promise<object> {
  const [one, two, host] = [world.sandbox(), world.sandbox(), world.sandbox({ hostNetwork: true })];
  const sandboxes = await Promise.all([one, two, host].map(async (spec) => await runtime.createSandbox(spec)));
  const serve = `const s = require("net").createServer((c) => c.end("from " + process.env.WHO)).listen(8080)`;
  await startNode(one, serve, [["WHO", Buffer.from("one")]]);
  const dialled = await eventually(async () => await read(one.uid));
  const call = `require("net").connect(8080, "${sandboxes[0]?.podIPs[0] ?? ""}").on("data", (d) => console.log(String(d)))`;
  await startNode(two, call);
  await world.end(two.uid);
  const elsewhere = await runtime.dial(two.uid, 8080).catch((error: unknown) => (error as Error).message);
  await world.restart();
  const full = await Promise.allSettled(
    Array.from({ length: 4 }, async () => await world.runtime.createSandbox(world.sandbox())),
  );
  return {
    podIPs: sandboxes.map(({ podIPs }) => podIPs),
    dialled,
    heard: world.output(two),
    elsewhere: typeof elsewhere === "string" ? elsewhere : "connected",
    kept: (await world.runtime.list()).find(({ uid }) => uid === one.uid)?.sandbox?.podIPs,
    full: full.flatMap((result) => (result.status === "rejected" ? [(result.reason as Error).message] : [])),
  };
}

async function startNode(
  sandbox: SandboxSpec,
  text: string,
  env: readonly (readonly [string, Uint8Array])[] = [],
): Promise<void> {
  const command = [NODE.mountPath, "-e", text];
  await world.runtime.startContainer(world.container(sandbox, command, { env, mounts: [NODE] }));
}

async function read(uid: string): Promise<string | undefined> {
  const socket = await world.runtime.dial(uid, 8080).catch(() => undefined);
  if (socket === undefined) return undefined;
  let text = "";
  for await (const bytes of socket) text += String(bytes);
  return text;
}
