// A kubectl that runs beside the test: what it says can be read while it runs, and it can be written to and killed.

import { spawn } from "node:child_process";
import { eventually } from "@outboard/devcluster";
import type { World } from "./world.js";

/** How kubectl reaches the API server. */
export type Transport = "websocket" | "spdy";

export interface LiveKubectl {
  /** Standard output so far. */
  output(): Buffer;
  text(): string;
  errors(): string;
  write(data: string | Buffer): void;
  endInput(): void;
  /** kill -9. */
  kill(): void;
  /** Its exit code; -1: a signal ended it. */
  readonly exit: Promise<number>;
  /** Waits until standard output contains this. */
  says(text: string): Promise<void>;
}

export interface LiveOptions {
  /** "default": as kubectl chooses by itself. Absent: WebSocket. */
  readonly transport?: Transport | "default";
  /** Runs it on a terminal of its own (util-linux's script), after these shell commands. */
  readonly terminal?: string;
  /** Default: the cluster's own kubectl. */
  readonly program?: string;
}

export function liveKubectl(world: World, args: readonly string[], options: LiveOptions = {}): LiveKubectl {
  const { cluster, namespace, folder } = world;
  const all = [`--kubeconfig=${cluster.adminKubeconfig}`, `--namespace=${namespace}`, ...args];
  const env = {
    ...process.env,
    KUBECACHEDIR: `${folder}/kubectl-cache`,
    ...transportChoice(options.transport ?? "websocket"),
  };
  const [program, ...words] = commandLine(options.terminal, [options.program ?? cluster.kubectlPath, ...all]);
  const child = spawn(program, words, { env, stdio: "pipe" });
  const output: Buffer[] = [];
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (errors += chunk));
  child.stdin.on("error", () => undefined);
  const exit = new Promise<number>((resolve) => {
    child.once("error", () => resolve(-1));
    child.once("close", (code) => resolve(code ?? -1));
  });
  const text = (): string => Buffer.concat(output).toString("utf8");
  return {
    output: () => Buffer.concat(output),
    text,
    errors: () => errors,
    write: (data) => void child.stdin.write(data),
    endInput: () => void child.stdin.end(),
    kill: () => void child.kill("SIGKILL"),
    exit,
    says: async (wanted) => {
      await eventually(async () => (text().includes(wanted) ? true : undefined), {
        message: `kubectl ${args.join(" ")} says ${JSON.stringify(wanted)}; it said ${JSON.stringify(text() + errors)}`,
        timeoutMs: 20_000,
      });
    },
  };
}

/** An entry that is undefined is taken out of the environment. */
function transportChoice(transport: Transport | "default"): Readonly<Record<string, string | undefined>> {
  const isWebSocket = transport === "default" ? undefined : String(transport === "websocket");
  return { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: isWebSocket, KUBECTL_PORT_FORWARD_WEBSOCKETS: isWebSocket };
}

function commandLine(terminal: string | undefined, words: readonly string[]): readonly [string, ...string[]] {
  const [first = "", ...rest] = words;
  if (terminal === undefined) return [first, ...rest];
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  return ["script", "--quiet", "--return", "--command", `${terminal}; exec ${quoted}`, "/dev/null"];
}
