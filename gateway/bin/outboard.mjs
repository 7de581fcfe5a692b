#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`outboard needs Node 22.19 or later, this is ${process.versions.node}`);
  process.exit(1);
}
// Half the resident memory after a burst, for the same CPU time (deploy/bench/NOTES.md). V8 takes it only at the start of a
// process: this one begins again, as itself. Whoever sets it keeps what was set; without execve it goes on as it is.
const SETTING = "--max-semi-space-size";
const isSet = [...process.execArgv, process.env.NODE_OPTIONS ?? ""].some((option) => option.includes(SETTING));
if (!isSet && process.argv[2] === "gateway" && process.execve !== undefined) {
  const options = [`${SETTING}=8`, ...process.execArgv];
  process.execve(process.execPath, [process.execPath, ...options, ...process.argv.slice(1)], process.env);
}
await import("../dist/main.js");
