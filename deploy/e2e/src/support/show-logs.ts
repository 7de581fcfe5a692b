// What a person sees of a failed test: the end of each process log, indented under the test.

import { logTail } from "@outboard/devcluster";
import type { World } from "./world.js";

const LINES = 60;
const WIDTH = 400;

export function showLogs(world: World): string {
  return [world.provider, world.gateway]
    .flatMap(({ name, logFile }) => [`── ${name} of ${world.nodeName}`, ...tail(logFile)])
    .map((line) => `      ${line}`)
    .join("\n");
}

function tail(file: string): string[] {
  const text = logTail(file, LINES);
  return text === "" ? ["(nothing written)"] : text.split("\n").map((line) => line.slice(0, WIDTH));
}
