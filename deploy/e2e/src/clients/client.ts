// A client library under test: what it is asked to do and what it has to tell.

import { createHash } from "node:crypto";
import { expectTransport, markLogs } from "../kubectl/arrivals.js";
import { echoPort } from "../kubectl/commands.js";
import type { Stage } from "../kubectl/judge.js";
import type { Transport } from "../support/index.js";

/** Where the pods `plain` (container `main`) and `echo` are. */
export interface Task {
  readonly kubeconfig: string;
  readonly namespace: string;
  /** Port of the server in `echo`, which gives back what it gets. */
  readonly port: number;
  /** Goes through exec and through port-forward. */
  readonly payload: Buffer;
}

/** What came back. */
export interface Report {
  /** Of `cat; echo err >&2; exit 7`. `stdout` is a SHA-256 in hex. */
  readonly exec: { readonly stdout: string; readonly stderr: string; readonly code: number };
  /** SHA-256 in hex. */
  readonly forward: string;
}

/** A library in one language. */
export interface Client {
  readonly transport: Transport;
  run(task: Task): Promise<Report>;
}

/** Lines, so that libraries that want text get text. */
const PAYLOAD = Buffer.from(Array.from({ length: 20_000 }, (_, index) => `line ${index}`).join("\n"), "ascii");

/** Throws unless the library did all of it, over its transport. */
export async function judgeClient({ world, auditLog }: Stage, client: Client): Promise<void> {
  const port = await echoPort(world);
  const mark = markLogs(world, auditLog);
  const { cluster, namespace } = world;
  const report = await client.run({ kubeconfig: cluster.adminKubeconfig, namespace, port, payload: PAYLOAD });
  const digest = createHash("sha256").update(PAYLOAD).digest("hex");
  const wanted: Report = { exec: { stdout: digest, stderr: "err\n", code: 7 }, forward: digest };
  const [found, right] = [report, wanted].map(({ exec, forward }) =>
    JSON.stringify([exec.stdout, exec.stderr, exec.code, forward]),
  );
  if (found !== right) throw new Error(`the client told ${found}, not ${right}`);
  await expectTransport(world, mark, "exec", client.transport);
  await expectTransport(world, mark, "portforward", client.transport);
}
