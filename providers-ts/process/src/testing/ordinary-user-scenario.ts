/** A pod of an ordinary user, inside a user namespace. Prints what was seen as JSON. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { collectIO } from "@outboard/provider-sdk/testing";
import { World } from "./world.js";

const world = await World.open();
const volume = join(world.folder, "volume");
mkdirSync(volume);
writeFileSync(join(volume, "in"), "given\n");
const sandbox = world.sandbox();
await world.runtime.createSandbox(sandbox);
const text = "exec 2>&1; echo $$; hostname; cat /data/in; touch /etc/mark && echo own /etc; read line; exit 3";
const mounts = [{ volume: "v", source: volume, mountPath: "/data", readOnly: true }];
await world.runtime.startContainer(
  world.container(sandbox, ["sh", "-c", text], { mounts, stdin: true, stdinOnce: true }),
);
const io = collectIO();
const exec = await world.runtime.exec(sandbox.uid, "main", 0, ["cat", "/data/in"], io, new AbortController().signal);
const input = (async function* () {
  await Promise.resolve();
  yield Buffer.from("go\n");
})();
await world.runtime.attach(sandbox.uid, "main", 0, collectIO(input), new AbortController().signal);
const { exit } = await world.end(sandbox.uid);
const refused = await world.runtime
  .startContainer(world.container(sandbox, ["true"], { name: "other", securityContext: { runAsUser: 5 } }))
  .catch((error: unknown) => (error as Error).message);
const output = world.output(sandbox);
await world[Symbol.asyncDispose]();
process.stdout.write(
  JSON.stringify({
    isolation: world.machine.isolation,
    output,
    exit: exit.exitCode,
    exec,
    io: io.text(),
    refused,
    left: world.leftovers(),
  }),
);
