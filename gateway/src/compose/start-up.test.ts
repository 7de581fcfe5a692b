import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "chai";

const run = promisify(execFile);

/** What a process has loaded, packages and parts of Node, once it has imported the gateway. */
const PROGRAM = `
  const { createRequire } = await import("node:module");
  await import(process.argv[1]);
  console.log(JSON.stringify([...Object.keys(createRequire(process.argv[1]).cache), ...process.moduleLoadList]));
`;

async function loaded(): Promise<readonly string[]> {
  const gateway = new URL("./gateway.js", import.meta.url).href;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", PROGRAM, gateway]);
  return JSON.parse(stdout) as readonly string[];
}

describe("a gateway that starts", () => {
  it("has not loaded what is large and seldom needed", async function () {
    this.timeout(60_000);
    const names = await loaded();
    const has = (part: string): boolean => names.some((name) => name.includes(part));
    expect(has("/node_modules/@grpc/grpc-js/"), "grpc-js, which it needs").to.equal(true);
    expect(has("NativeModule http2"), "HTTP/2 of Node, which it needs").to.equal(true);
    const large = ["@kubernetes/client-node", "undici/lib/web", "yaml", "protobufjs"];
    expect(large.filter((name) => has(`/node_modules/${name}/`))).to.deep.equal([]);
    expect(has("internal/deps/undici/undici"), "Node's own fetch").to.equal(false);
  });
});
