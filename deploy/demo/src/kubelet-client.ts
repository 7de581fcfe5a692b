// The demo as a client of the kubelet API: logs by HTTPS, exec by WebSocket, both with a client certificate.

import { Agent, request, WebSocket } from "undici";
import type { LocalIdentity } from "./local-identity.js";

export interface ContainerRef {
  readonly pod: string;
  readonly container: string;
}

export type ExecAnswer =
  | { readonly kind: "done"; readonly output: string; readonly exitCode: number }
  | { readonly kind: "not-served"; readonly text: string };

export interface KubeletClient extends AsyncDisposable {
  logs(target: ContainerRef): Promise<string>;
  exec(target: ContainerRef, command: readonly string[]): Promise<ExecAnswer>;
}

const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
const EXEC_TIMEOUT_MS = 15_000;

export function createKubeletClient(port: number, identity: LocalIdentity): KubeletClient {
  const { caPem, client } = identity;
  const agent = new Agent({ connect: { ca: caPem, cert: client.certificatePem, key: client.keyPem } });
  const address = `127.0.0.1:${port}`;
  return {
    logs: async ({ pod, container }) => {
      const url = `https://${address}/containerLogs/default/${pod}/${container}`;
      const response = await request(url, { dispatcher: agent });
      const text = await response.body.text();
      if (response.statusCode !== 200) throw new Error(`logs of ${pod}/${container}: ${response.statusCode} ${text}`);
      return text;
    },
    exec: async ({ pod, container }, command) => {
      const query = new URLSearchParams({ output: "1", error: "1" });
      for (const word of command) query.append("command", word);
      const path = `/exec/default/${pod}/${container}?${query.toString()}`;
      const refusal = await probe(`https://${address}${path}`, agent);
      return refusal ?? runExec(`wss://${address}${path}`, agent);
    },
    [Symbol.asyncDispose]: async () => agent.destroy(),
  };
}

/** A request without an upgrade is refused; 501 tells that exec is not served at all. */
async function probe(url: string, agent: Agent): Promise<ExecAnswer | undefined> {
  const response = await request(url, { dispatcher: agent });
  const text = await response.body.text();
  return response.statusCode === 501 ? { kind: "not-served", text } : undefined;
}

async function runExec(url: string, agent: Agent): Promise<ExecAnswer> {
  const socket = new WebSocket(url, { protocols: ["v5.channel.k8s.io", "v4.channel.k8s.io"], dispatcher: agent });
  socket.binaryType = "arraybuffer";
  const output: Buffer[] = [];
  let status: string | undefined;
  socket.addEventListener("message", ({ data }) => {
    const frame = Buffer.from(data as ArrayBuffer);
    const channel = frame[0];
    if (channel === STDOUT || channel === STDERR) output.push(frame.subarray(1));
    if (channel === STATUS) status = frame.subarray(1).toString("utf8");
  });
  await closed(socket);
  if (status === undefined) throw new Error("exec: the connection ended without a status");
  return { kind: "done", output: Buffer.concat(output).toString("utf8"), exitCode: exitCodeOf(status) };
}

async function closed(socket: WebSocket): Promise<void> {
  const timer = setTimeout(() => socket.close(), EXEC_TIMEOUT_MS);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("close", () => resolve());
    socket.addEventListener("error", ({ message }) => reject(new Error(`exec: ${message}`)));
  }).finally(() => clearTimeout(timer));
}

interface ExecStatus {
  readonly status: "Success" | "Failure";
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

function exitCodeOf(text: string): number {
  const { status, message = "", details } = JSON.parse(text) as ExecStatus;
  if (status === "Success") return 0;
  const code = details?.causes?.find(({ reason }) => reason === "ExitCode")?.message;
  if (code === undefined) throw new Error(`exec: ${message}`);
  return Number(code);
}
