#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`outboard needs Node 22.19 or later, this is ${process.versions.node}`);
  process.exit(1);
}
// Less resident memory for the same CPU time (deploy/bench/NOTES.md). V8 and glibc take it only at the start of a process: this one
// begins again, as itself. Whoever sets one keeps what was set; without execve it goes on as it is.
const OPTIONS = {
  "--max-semi-space-size": 2, // MiB of half the young generation; a burst does not grow it further
  "--v8-pool-size": 1, // threads for garbage and code, which hold pages and pieces each of its own
};
const ENVIRONMENT = {
  MALLOC_ARENA_MAX: "1", // what one thread frees another may use
  MALLOC_TRIM_THRESHOLD_: "131072", // bytes free at the end that go back; a fixed limit does not grow
};
const given = [...process.execArgv, process.env.NODE_OPTIONS ?? ""].join(" ");
const missing = Object.entries(OPTIONS).filter(([name]) => !given.includes(name));
if (missing.length > 0 && process.argv[2] === "gateway" && process.execve !== undefined) {
  const options = [...missing.map(([name, value]) => `${name}=${value}`), ...process.execArgv];
  const argv = [process.execPath, ...options, ...process.argv.slice(1)];
  process.execve(process.execPath, argv, { ...ENVIRONMENT, ...process.env });
}
await import("../dist/main.js");
