/** A provider's process for tests that kill it: makes pods in the folder given, prints their UIDs, and waits. */
import { eventually } from "@outboard/provider-sdk/testing";
import { World } from "./world.js";

const [folder = "", count = "2", isolation = "auto"] = process.argv.slice(2);
const world = await World.open({ at: folder, isolation: isolation === "none" ? "none" : "auto" });
const pods = await Promise.all(
  Array.from({ length: Number(count) }, async (_, index) => {
    const sandbox = world.sandbox();
    await world.runtime.createSandbox(sandbox);
    const text = index % 2 === 0 ? "echo up; sleep 86395" : "exit 7";
    await world.runtime.startContainer(world.container(sandbox, ["sh", "-c", text]));
    return sandbox.uid;
  }),
);
const odd = pods.filter((_, index) => index % 2 === 1);
await Promise.all(odd.map((uid) => eventually(() => world.ended.find((one) => one.uid === uid))));
process.stdout.write(`${JSON.stringify(pods)}\n`);
setInterval(() => undefined, 2 ** 30);
