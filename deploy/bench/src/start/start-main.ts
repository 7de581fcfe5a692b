// The part of `npm run bench -- start` that runs inside an enclosure. Its words were judged before.

import { writeFileSync } from "node:fs";
import { readStartOptions } from "./options.js";
import { toTable } from "./report.js";
import { runStartBench } from "./start-bench.js";

const options = readStartOptions(process.argv.slice(2));
const interrupted = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interrupted.abort());

const report = (line: string): void => console.error(`bench: ${line}`);
const figures = await runStartBench(options, { report, signal: interrupted.signal });
for (const line of ["", ...toTable(figures)]) console.log(line);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(figures, undefined, 2)}\n`);
