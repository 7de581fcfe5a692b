import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { ensureGoProgram, findGoProgram } from "./go-program.js";

describe("a program from a Go module", () => {
  let root = "";
  beforeEach(async () => (root = await mkdtemp(join(tmpdir(), "outboard-program-"))));
  afterEach(async () => rm(root, { recursive: true, force: true }));

  const program = () => ({ name: "tool", version: "v1.2.3", module: root, package: "example.test/tool" });
  let signal: AbortSignal; // from the start of each test: others may have run for long
  beforeEach(() => {
    signal = AbortSignal.timeout(10_000);
  });

  /** An environment whose `go` is this shell script. */
  async function withGo(script: string): Promise<NodeJS.ProcessEnv> {
    const bin = join(root, "bin");
    await executable(join(bin, "go"), script);
    return { XDG_CACHE_HOME: join(root, "cache"), PATH: `${bin}:/usr/bin:/bin` };
  }

  async function executable(file: string, script: string): Promise<void> {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
  }

  it("is built into the cache once, under its name and version", async () => {
    const go = `for last; do :; done; echo "$last" >> ${root}/built; while [ "$1" != -o ]; do shift; done; printf x > "$2"; chmod +x "$2"`;
    const env = await withGo(go);
    expect(findGoProgram(program(), env)).to.equal(undefined);
    const lines: string[] = [];
    const report = (line: string): void => void lines.push(line);
    const file = await ensureGoProgram(program(), { env, signal, report });
    expect(file).to.equal(join(root, "cache", "outboard", "components", "tool-v1.2.3", "tool"));
    expect(await ensureGoProgram(program(), { env, signal, report })).to.equal(file);
    expect(findGoProgram(program(), env)).to.equal(file);
    expect(lines).to.have.length(2);
    expect(await readdir(join(root, "cache", "outboard", "components"))).to.deep.equal(["tool-v1.2.3"]);
  });

  it("may be the tests of a package", async () => {
    const env = await withGo(
      `echo "$@" > ${root}/words; while [ "$1" != -o ]; do shift; done; printf x > "$2"; chmod +x "$2"`,
    );
    await ensureGoProgram({ ...program(), isTest: true }, { env, signal });
    expect(await readFile(join(root, "words"), "utf8")).to.match(/^test -c -mod=readonly .* example\.test\/tool\n$/);
  });

  it("that does not build leaves nothing and tells what go said", async () => {
    const env = await withGo("echo no such package >&2; exit 1");
    const error = await ensureGoProgram(program(), { env, signal }).catch((reason: unknown) => reason);
    expect(error).to.include({ reason: "build-failed" }).with.property("message").that.includes("no such package");
    expect(findGoProgram(program(), env)).to.equal(undefined);
  });

  it("needs Go where it is not in the cache", async () => {
    const env = { XDG_CACHE_HOME: root, PATH: root };
    const error = await ensureGoProgram(program(), { env, signal }).catch((reason: unknown) => reason);
    expect(error).to.include({ reason: "no-binaries" });
  });
});
