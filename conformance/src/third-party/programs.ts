/** The providers in other languages, made ready in the user's cache on first use: each from the proto files alone. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const SOURCES = path.join(ROOT, "conformance/third-party");
const PROTO = path.join(ROOT, "proto");
const PACKAGE = path.join(PROTO, "outboard/provider/v1");
const BUILD_LIMIT_MS = 600_000;

/** Files that the generated code comes from. */
const PROTO_FILES = [
  "errors",
  "features",
  "identity",
  "interaction",
  "node",
  "options",
  "pod",
  "pod_inputs",
  "pod_observation",
  "stats",
].map((name) => path.join(PACKAGE, `${name}.proto`));

/** A provider as a command line of `--launch`, without endpoint and state. */
export type MakeReady = () => Promise<string>;

/** The Python provider. Rejects with the reason when it cannot be made ready here. */
export const pythonProvider: MakeReady = async () => {
  const source = path.join(SOURCES, "python");
  const requirements = path.join(source, "requirements.txt");
  const folder = await made("python", [requirements, ...PROTO_FILES], async (target) => {
    const python = path.join(target, "bin/python");
    const generated = path.join(target, "generated");
    await run("python3", ["-m", "venv", target]);
    await run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
    mkdirSync(generated);
    const outputs = ["python_out", "grpc_python_out"].map((name) => `--${name}=${generated}`);
    await run(python, ["-m", "grpc_tools.protoc", `--proto_path=${PROTO}`, ...outputs, ...PROTO_FILES]);
  });
  const [generated, python] = [path.join(folder, "generated"), path.join(folder, "bin/python")];
  return `env PYTHONPATH=${generated} ${python} ${path.join(source, "provider.py")}`;
};

/** The Go provider. Rejects with the reason when it cannot be made ready here. */
export const goProvider: MakeReady = async () => {
  const source = path.join(SOURCES, "go");
  const sources = globSync(path.join(source, "*.{go,mod,sum,yaml}")).toSorted();
  const folder = await made("go", [...sources, ...PROTO_FILES], async (target) => {
    for (const file of sources) copyFileSync(file, path.join(target, path.basename(file)));
    const buf = path.join(ROOT, "node_modules/.bin/buf");
    await run(buf, ["generate", PROTO, "--path", PACKAGE], target);
    await run("go", ["build", "-trimpath", "-o", "provider", "."], target);
  });
  return path.join(folder, "provider");
};

/** A folder in the cache that is named by the content of the files that it is made from. */
async function made(
  language: string,
  files: readonly string[],
  make: (target: string) => Promise<void>,
): Promise<string> {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  const folder = path.join(cacheFolder(), `${language}-${hash.digest("hex").slice(0, 12)}`);
  const ready = path.join(folder, "ready");
  if (!existsSync(ready)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    await make(folder);
    writeFileSync(ready, "");
  }
  return folder;
}

function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return path.join(env["XDG_CACHE_HOME"] || path.join(env["HOME"] ?? homedir(), ".cache"), "outboard/third-party");
}

async function run(program: string, args: readonly string[], cwd: string = ROOT): Promise<void> {
  await promisify(execFile)(program, args, { cwd, timeout: BUILD_LIMIT_MS });
}
