/**
 * Pods with addresses of their own, in a network and mount namespace that the test made for this process alone. Prints what
 * was seen as JSON.
 */
import { execFileSync } from "node:child_process";
import { openBridge } from "../network/bridge.js";
import { World, eventually } from "./world.js";

const ip = (...words: readonly string[]): string => execFileSync("ip", words, { encoding: "utf8" });
execFileSync("mount", ["-t", "tmpfs", "outboard", "/run"]);
ip("link", "set", "lo", "up");

const world = await World.open({
  bridge: async (state, tag) => await openBridge({ ip: "ip", tag, state, cidr: "10.99.7.0/29" }),
});
const [one, two, host] = [world.sandbox(), world.sandbox(), world.sandbox({ hostNetwork: true })];
const sandboxes = await Promise.all([one, two, host].map(async (spec) => await world.runtime.createSandbox(spec)));
const serve = `const s = require("net").createServer((c) => c.end("from " + process.env.WHO)).listen(8080)`;
const env = [["WHO", Buffer.from("one")]] as const;
await world.runtime.startContainer(world.container(one, [process.execPath, "-e", serve], { env }));
const read = async (): Promise<string | undefined> => {
  const socket = await world.runtime.dial(one.uid, 8080).catch(() => undefined);
  if (socket === undefined) return undefined;
  let text = "";
  for await (const bytes of socket) text += String(bytes);
  return text;
};
const dialled = await eventually(read);
const call = `require("net").connect(8080, "${sandboxes[0]?.podIPs[0] ?? ""}").on("data", (d) => console.log(String(d)))`;
await world.runtime.startContainer(world.container(two, [process.execPath, "-e", call]));
await world.end(two.uid);
const heard = world.output(two);
const elsewhere = await world.runtime.dial(two.uid, 8080).catch((error: unknown) => (error as Error).message);
await world.restart();
const kept = (await world.runtime.list()).find(({ uid }) => uid === one.uid)?.sandbox?.podIPs;
const full = await Promise.allSettled(
  Array.from({ length: 4 }, async () => await world.runtime.createSandbox(world.sandbox())),
);
await world[Symbol.asyncDispose]();
const links = ip("-o", "link")
  .split("\n")
  .filter((line) => /\bob/.test(line));
process.stdout.write(
  JSON.stringify({
    podIPs: sandboxes.map(({ podIPs }) => podIPs),
    dialled,
    heard,
    elsewhere: typeof elsewhere === "string" ? elsewhere : "connected",
    kept,
    full: full.flatMap((result) => (result.status === "rejected" ? [(result.reason as Error).message] : [])),
    leftovers: [...world.leftovers(), ...links, ...ip("netns").split("\n").filter(Boolean)],
  }),
);
