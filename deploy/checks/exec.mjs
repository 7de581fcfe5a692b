/** Commands with their exit code and output. */
import { execFile } from "node:child_process";
import path from "node:path";
import { ROOT } from "./groups.mjs";

/** Runs a tool of node_modules/.bin in the root. */
export function execTool(tool, args, cwd = ROOT) {
  return exec(path.join(ROOT, "node_modules/.bin", tool), args, cwd);
}

/** Runs a command; never rejects. */
export function exec(command, args, cwd = ROOT) {
  const env = { ...process.env, NO_COLOR: "1", PATH: `${path.join(ROOT, "node_modules/.bin")}:${process.env.PATH}` };
  return new Promise((resolve) => {
    execFile(command, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ code, output: `${stdout}${stderr}${code !== 0 && stdout + stderr === "" ? String(error) : ""}` });
    });
  });
}
