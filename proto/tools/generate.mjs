/**
 * Makes the generated code of the contract package from the proto files: messages and services with buf and ts-proto
 * (proto/src/gen), then the registries and the table of fields (proto/src/registry/gen) from the same protos' options.
 * Run by `npm run generate`; the result is committed.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { enumFiles } from "./registries.mjs";
import { fieldTable } from "./field-table.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const target = path.join(root, "proto/src/registry/gen");

buf("generate");
const image = buildImage();
rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const [name, text] of Object.entries({ ...enumFiles(image), "fields.ts": fieldTable(image) })) {
  writeFileSync(path.join(target, name), text);
}
run("biome", ["format", "--write", path.relative(root, target)]);

function buildImage() {
  const file = path.join(tmpdir(), `outboard-image-${process.pid}.json`);
  try {
    buf("build", "-o", file);
    return JSON.parse(readFileSync(file, "utf8"));
  } finally {
    rmSync(file, { force: true });
  }
}

function buf(...args) {
  run("buf", args);
}

function run(tool, args) {
  execFileSync(path.join(root, "node_modules/.bin", tool), args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
}
