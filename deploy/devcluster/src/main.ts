// `npm run devcluster -- up|down|kubeconfig|status`: reads the command, answers the exit code.

import { down, kubeconfig, status, type Terminal, up } from "./commands.js";
import { DevclusterError } from "./errors.js";
import { serve } from "./serve.js";
import { openState, type StateFolder } from "./state.js";

const USAGE = `usage: npm run devcluster -- up|down|kubeconfig|status

  up          start a control plane in the background and print the KUBECONFIG line
  down        stop it and remove its data
  kubeconfig  print the path of the admin kubeconfig
  status      say whether it runs; exit code 0 when it does

KUBE_VERSION selects another Kubernetes (built with go), DEVCLUSTER_DIR another state folder.`;

const terminal: Terminal = { out: (line) => console.log(line), note: (line) => console.error(line) };

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const [command = "help", ...more] = args;
    if (more.length > 0) return misused(`unknown argument ${JSON.stringify(more[0])}`);
    return await run(command, openState(process.env), interruptSignal(command));
  } catch (error) {
    if (!(error instanceof DevclusterError)) throw error;
    terminal.note(`devcluster: ${error.message}`);
    return 1;
  }
}

async function run(command: string, state: StateFolder, signal: AbortSignal): Promise<number> {
  switch (command) {
    case "up":
      return up(state, terminal, signal);
    case "down":
      return down(state, terminal, signal);
    case "status":
      return status(state, terminal);
    case "kubeconfig":
      return kubeconfig(state, terminal);
    case "serve":
      return serve(state).then(() => 0);
    case "help":
    case "--help":
      terminal.out(USAGE);
      return 0;
    default:
      return misused(`unknown command ${JSON.stringify(command)}`);
  }
}

function misused(problem: string): number {
  terminal.note(`devcluster: ${problem}\n\n${USAGE}`);
  return 2;
}

/** `serve` has its own handling of signals. */
function interruptSignal(command: string): AbortSignal {
  const controller = new AbortController();
  if (command !== "serve")
    process.once("SIGINT", () => controller.abort(new DevclusterError("not-ready", "interrupted")));
  return controller.signal;
}
