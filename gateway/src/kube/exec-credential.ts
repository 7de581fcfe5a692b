/** Runs a kubeconfig's exec plugin and reads the ExecCredential that it prints. Its output is never logged or quoted. */
import { spawn } from "node:child_process";

export interface ExecPlugin {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly apiVersion: string;
  /** Put into KUBERNETES_EXEC_INFO when the plugin asks for it. */
  readonly cluster?: Readonly<Record<string, unknown>>;
}

export interface ExecCredential {
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Milliseconds since 1970. */
  readonly expiresAt?: number;
}

const OUTPUT_LIMIT = 1_048_576;
const TIMEOUT_MS = 60_000;

export async function runExecPlugin(plugin: ExecPlugin, signal?: AbortSignal): Promise<ExecCredential> {
  const output = await run(plugin, signal);
  let status: unknown;
  try {
    status = (JSON.parse(output) as { readonly status?: unknown }).status;
  } catch {
    throw new Error(`exec plugin ${plugin.command} did not print an ExecCredential`);
  }
  return toCredential(plugin, status);
}

function toCredential(plugin: ExecPlugin, status: unknown): ExecCredential {
  const fields = (status ?? {}) as Readonly<Record<string, unknown>>;
  const token = text(fields["token"]);
  const cert = text(fields["clientCertificateData"]);
  const key = text(fields["clientKeyData"]);
  if (token === undefined && (cert === undefined || key === undefined)) {
    throw new Error(`exec plugin ${plugin.command} printed neither a token nor a client certificate with its key`);
  }
  const expires = Date.parse(text(fields["expirationTimestamp"]) ?? "");
  return {
    ...(token === undefined ? {} : { token }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(Number.isNaN(expires) ? {} : { expiresAt: expires }),
  };
}

function run(plugin: ExecPlugin, signal: AbortSignal | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(plugin.command, [...plugin.args], {
      env: environment(plugin),
      stdio: ["ignore", "pipe", "ignore"],
      timeout: TIMEOUT_MS,
      ...(signal === undefined ? {} : { signal }),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > OUTPUT_LIMIT) {
        child.kill();
      } else {
        chunks.push(chunk);
      }
    });
    child.once("error", (cause) => reject(new Error(`exec plugin ${plugin.command} could not be started`, { cause })));
    child.once("close", (code) => {
      if (code === 0) {
        resolve(Buffer.concat(chunks).toString("utf8"));
      } else {
        reject(new Error(`exec plugin ${plugin.command} ended with code ${code ?? "none"}`));
      }
    });
  });
}

function environment(plugin: ExecPlugin): NodeJS.ProcessEnv {
  const info = {
    apiVersion: plugin.apiVersion,
    kind: "ExecCredential",
    spec: { interactive: false, ...(plugin.cluster === undefined ? {} : { cluster: plugin.cluster }) },
  };
  const own = Object.fromEntries(plugin.env.map(({ name, value }) => [name, value]));
  return { ...process.env, ...own, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
