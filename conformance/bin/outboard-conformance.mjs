#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`outboard-conformance needs Node 22.19 or later, this is ${process.versions.node}`);
  process.exit(4);
}
await import("../dist/cli/main.js");
