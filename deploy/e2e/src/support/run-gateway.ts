// A gateway that is expected to end by itself or after a time: its exit code and what it wrote.

import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Cluster } from "@outboard/devcluster";

export interface GatewayRun {
  readonly code: number | null;
  /** Lines of both outputs. */
  readonly lines: readonly string[];
}

export interface GatewayRunOptions {
  readonly nodeName?: string;
  readonly socket?: string;
  readonly config?: string;
  /** SIGTERM after this time; absent: it ends by itself. */
  readonly stopAfterMs?: number;
}

const OUTBOARD = join(import.meta.dirname, "..", "..", "..", "..", "gateway", "bin", "outboard.mjs");
const LONGEST_MS = 60_000;

export async function runGateway(cluster: Cluster, options: GatewayRunOptions): Promise<GatewayRun> {
  const { nodeName, socket, config } = options;
  const args = [
    ...(nodeName === undefined
      ? []
      : ["--node-name", nodeName, "--kubeconfig", await cluster.nodeKubeconfig(nodeName)]),
    ...(socket === undefined ? [] : ["--provider", `unix://${socket}`]),
    ...(config === undefined ? [] : ["--config", config]),
    ...(config === undefined
      ? ["--kubelet-port", "0", "--management-port", "0", "--kubelet-address", "127.0.0.1"]
      : []),
  ];
  const child = spawn(process.execPath, [OUTBOARD, "gateway", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const stop = setTimeout(() => child.kill("SIGTERM"), options.stopAfterMs ?? LONGEST_MS);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(stop);
  return { code, lines: text.split("\n").filter((line) => line !== "") };
}
