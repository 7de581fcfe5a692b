/** The groups of tests in the order in which they run: what others build on comes first. */
import { existsSync, globSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

export const GROUPS = [
  { name: "proto", folder: "proto" },
  { name: "sdk", folder: "providers-ts/sdk" },
  { name: "memory", folder: "providers-ts/memory" },
  { name: "process", folder: "providers-ts/process" },
  { name: "conformance", folder: "conformance", except: "conformance/src/selftest/" },
  { name: "selftest", folder: "conformance", only: "conformance/src/selftest/" },
  { name: "gateway", folder: "gateway" },
  { name: "devcluster", folder: "deploy/devcluster" },
  { name: "runtimes", folder: "deploy/runtimes" },
  { name: "cri", folder: "providers-ts/cri" },
  { name: "docker", folder: "providers-ts/docker" },
  { name: "checks", folder: "deploy/checks", plain: true },
  { name: "bench", folder: "deploy/bench", optional: true },
  { name: "demo", folder: "deploy/demo", optional: true },
  { name: "e2e", folder: "deploy/e2e" },
];

/**
 * The compiled tests of a group, found by their sources so that a left-over of a deleted test never runs. A source
 * without its compiled file is an error: the build is missing.
 */
export function testFiles({ folder, plain, only = "", except }) {
  if (plain) return globSync(`${folder}/*.test.mjs`, { cwd: ROOT }).sort();
  const isOfGroup = (file) => file.startsWith(only) && (except === undefined || !file.startsWith(except));
  const sources = globSync(`${folder}/src/**/*.test.ts`, { cwd: ROOT }).filter(isOfGroup).sort();
  const files = sources.map((file) => file.replace(`${folder}/src/`, `${folder}/dist/`).replace(/\.ts$/, ".js"));
  const missing = files.filter((file) => !existsSync(path.join(ROOT, file)));
  if (missing.length > 0) throw new Error(`${missing[0]} is missing: run npm run build`);
  return files;
}
