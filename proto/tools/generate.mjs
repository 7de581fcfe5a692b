/**
 * Makes the generated code of the contract package from the proto files: messages and services with buf and ts-proto
 * (proto/src/gen), then the registries and the table of fields (proto/src/registry/gen) from the same protos' options.
 * Run by `npm run generate`; the result is committed. With --check nothing is written: it fails when the committed files
 * differ from what would be.
 *
 * Packages that speak a protocol of somebody else have proto files of their own, with a buf.gen.yaml beside them: see FOREIGN.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { descriptorFile } from "./descriptors.mjs";
import { fieldTable } from "./field-table.mjs";
import { enumFiles } from "./registries.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
/** Proto folder of a package, and where its code goes. */
const FOREIGN = [{ protos: "providers-ts/cri/proto", code: "providers-ts/cri/src/gen" }];
const FOLDERS = ["proto/src/gen", "proto/src/registry/gen", ...FOREIGN.map(({ code }) => code)];

const work = mkdtempSync(path.join(tmpdir(), "outboard-generate-"));
try {
  generate(work);
  if (process.argv.includes("--check")) check(work);
  else for (const folder of FOLDERS) replace(folder);
} finally {
  rmSync(work, { recursive: true, force: true });
}

function generate(target) {
  run("buf", ["generate", "-o", target]);
  for (const { protos } of FOREIGN) {
    run("buf", ["generate", protos, "--template", `${protos}/buf.gen.yaml`, "-o", target]);
  }
  const set = ["--as-file-descriptor-set", "--exclude-source-info"];
  run("buf", ["build", ...set, "-o", path.join(target, "image.json")]);
  run("buf", ["build", ...set, "-o", path.join(target, "image.binpb")]);
  const image = JSON.parse(readFileSync(path.join(target, "image.json"), "utf8"));
  const files = {
    ...enumFiles(image),
    "fields.ts": fieldTable(image),
    "descriptors.ts": descriptorFile(readFileSync(path.join(target, "image.binpb")), image),
  };
  const folder = path.join(target, FOLDERS[1]);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(path.join(folder, name), format(name, text));
  }
}

function check(target) {
  const stale = FOLDERS.flatMap((folder) => differences(path.join(root, folder), path.join(target, folder), folder));
  for (const file of stale) console.error(`${file} is not what the proto files give`);
  if (stale.length > 0) process.exitCode = 1;
}

function differences(committed, fresh, name) {
  const files = new Set([...listFiles(committed), ...listFiles(fresh)]);
  return [...files]
    .filter((file) => read(path.join(committed, file)) !== read(path.join(fresh, file)))
    .map((file) => `${name}/${file}`);
}

function listFiles(folder) {
  return readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(".ts"));
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function replace(folder) {
  rmSync(path.join(root, folder), { recursive: true, force: true });
  cpSync(path.join(work, folder), path.join(root, folder), { recursive: true });
}

function format(name, text) {
  return execFileSync(
    path.join(root, "node_modules/.bin/biome"),
    ["format", `--stdin-file-path=${FOLDERS[1]}/${name}`],
    {
      cwd: root,
      input: text,
      encoding: "utf8",
    },
  );
}

function run(tool, args) {
  execFileSync(path.join(root, "node_modules/.bin", tool), args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
}
