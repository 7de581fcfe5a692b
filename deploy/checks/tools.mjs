/** Checks that are one command each: it must end with 0. */
import { execTool } from "./exec.mjs";

export const toolChecks = [
  tool("format", ["biome", "format", "."], "npm run fix"),
  tool("lint", ["oxlint", "--type-aware"], "mend the code; .oxlintrc.json says which rules there are"),
  tool("types", ["tsc", "--build"], "mend the types"),
  tool("unused", ["knip", "--no-progress"], "remove what is not used, or list the entry in knip.json"),
  packageTool("package contract", "proto"),
  packageTool("package sdk", "providers-ts/sdk"),
  tool("contract lint", ["buf", "lint"], "mend the proto files: every message, field and value has its comment"),
  tool("contract format", ["buf", "format", "--exit-code", "--diff"], "npx buf format -w"),
];

/** Looks at the compiled files. */
function packageTool(name, folder) {
  return { ...tool(name, ["publint", folder, "--strict"], `mend ${folder}/package.json`), after: "types" };
}

function tool(name, [command, ...args], help) {
  const run = async () => {
    const { code, output } = await execTool(command, args);
    return code === 0 ? {} : { problem: output };
  };
  return { name, help, run };
}
