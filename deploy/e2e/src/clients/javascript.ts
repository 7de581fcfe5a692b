// The JavaScript client, in this process.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { Exec, KubeConfig, PortForward } from "@kubernetes/client-node";
import type { Client, Report, Task } from "./client.js";

interface Status {
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

/** client-node. */
export const JAVASCRIPT: Client = {
  transport: "websocket",
  run: async (task) => {
    const config = new KubeConfig();
    config.loadFromFile(task.kubeconfig);
    return { exec: await runExec(config, task), forward: await runPortForward(config, task) };
  },
};

async function runExec(config: KubeConfig, { namespace, payload }: Task): Promise<Report["exec"]> {
  const [stdout, stderr] = [collect(), collect()];
  const command = ["sh", "-c", "cat; echo err >&2; exit 7"];
  const done = Promise.withResolvers<Status>();
  const input = Readable.from([payload.subarray(0, 1000), payload.subarray(1000)], { objectMode: false });
  const exec = new Exec(config);
  const socket = await exec.exec(
    namespace,
    "plain",
    "main",
    command,
    stdout.sink,
    stderr.sink,
    input,
    false,
    (status) => done.resolve(status),
  );
  socket.addEventListener("error", ({ message }) => done.reject(new Error(message)));
  const status = await done.promise;
  socket.close();
  const code = Number(status.details?.causes?.find(({ reason }) => reason === "ExitCode")?.message ?? 0);
  return { stdout: sha256(stdout.bytes()), stderr: stderr.bytes().toString(), code };
}

async function runPortForward(config: KubeConfig, { namespace, port, payload }: Task): Promise<string> {
  const [output, errors] = [collect(), collect()];
  const input = new PassThrough();
  const socket = await new PortForward(config).portForward(namespace, "echo", [port], output.sink, errors.sink, input);
  if (typeof socket === "function") throw new TypeError("the client did not answer its WebSocket");
  input.write(payload);
  while (output.bytes().length < payload.length) await once(output.sink, "data");
  socket.close();
  return sha256(output.bytes());
}

interface Collector {
  readonly sink: PassThrough;
  bytes(): Buffer;
}

function collect(): Collector {
  const pieces: Buffer[] = [];
  const sink = new PassThrough();
  sink.on("data", (piece: Buffer) => pieces.push(piece));
  return { sink, bytes: () => Buffer.concat(pieces) };
}

function sha256(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}
