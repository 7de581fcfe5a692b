/** A whole kubelet API on loopback with real certificates, and a client for it. */
import { type Agent, type RequestOptions, request } from "node:https";
import type { IncomingMessage } from "node:http";
import { pino } from "pino";
import type { AccessQuestion, TokenVerdict } from "../../ports/auth.js";
import type { ProviderInfo } from "../../ports/provider.js";
import { type CaSource, createSettable, type ServingCertificate, type Settable } from "../certificates/source.js";
import { createKubeletMetrics, type KubeletMetrics } from "../metrics.js";
import { createKubeletServer, type KubeletServer, type KubeletServerOptions } from "../server.js";
import { createFakeClock, type FakeClock } from "./fake-clock.js";
import { createAuthority, createClient, createServing, type Identity } from "./pki.js";
import { createPod, createPodView, RUNNING } from "./pods.js";
import { createScriptedLogs, line, type ScriptedLogs } from "./scripted-logs.js";
import { createScriptedStats, type ScriptedStats } from "./scripted-stats.js";
import { createScriptedStreams, type ScriptedStreams } from "./scripted-streams.js";

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** False: the connection broke before the end. */
  readonly complete: boolean;
}

/** Keys and certificates, made once for all tests of a file. */
export interface TestPki {
  readonly authority: Identity;
  readonly serving: Identity;
  readonly admin: Identity;
  readonly nobody: Identity;
}

/** The server with everything a test may want to touch. */
export interface ServerUnderTest {
  readonly server: KubeletServer;
  readonly port: number;
  readonly clock: FakeClock;
  readonly logs: ScriptedLogs;
  readonly streams: ScriptedStreams;
  readonly stats: ScriptedStats;
  readonly metrics: KubeletMetrics;
  readonly certificates: Settable<ServingCertificate | undefined>;
  readonly clientCa: Settable<string>;
  readonly questions: AccessQuestion[];
  readonly logLines: string[];
  /** Sends a request, as the admin unless `as` says otherwise. */
  send(method: string, path: string, options?: SendOptions): Promise<Answer>;
  /** Sends a request and gives the answer at its headers. */
  open(method: string, path: string, options?: SendOptions): Promise<IncomingMessage>;
}

/** How to send. */
export interface SendOptions {
  readonly as?: Identity | "nobody-at-all";
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
  /** Aborts the request. */
  readonly signal?: AbortSignal;
}

export const ALL_LOG_CAPABILITIES: readonly string[] = [
  "logs",
  "logs.follow",
  "logs.previous",
  "logs.time",
  "logs.tail",
];
const START_NANOS = 1_795_613_282_576_562_000n;

/** Makes the certificates. */
export async function createTestPki(): Promise<TestPki> {
  const authority = await createAuthority("test-ca");
  return {
    authority,
    serving: await createServing(authority),
    admin: await createClient(authority, "admin", { organizations: ["system:masters"] }),
    nobody: await createClient(authority, "nobody"),
  };
}

/** The handshake's answer with these capabilities. */
export function providerInfo(capabilities: readonly string[] = ALL_LOG_CAPABILITIES, maxStreams = 4): ProviderInfo {
  return {
    name: "memory",
    version: "1",
    instanceId: "i",
    revision: 1,
    capabilities: new Set(capabilities),
    features: new Map(),
    limits: { maxMessageBytes: 1 << 24, maxParallelCreates: 1, maxStreams },
  };
}

/** Starts a server; `admin` may everything, tokens are refused unless `options` say otherwise. */
export async function startServer(pki: TestPki, options: Partial<KubeletServerOptions> = {}): Promise<ServerUnderTest> {
  const clock = createFakeClock();
  const questions: AccessQuestion[] = [];
  const logLines: string[] = [];
  const metrics = createKubeletMetrics({ processMetrics: false });
  const certificates = createSettable<ServingCertificate | undefined>(pki.serving);
  const clientCa: CaSource & Settable<string> = createSettable(pki.authority.cert);
  const logs = createScriptedLogs(
    ["one", "err", "two", "three"].map((text, index) => line(text, START_NANOS + BigInt(index))),
  );
  const streams = createScriptedStreams();
  const stats = createScriptedStats();
  const server = createKubeletServer({
    nodeName: "virtual-1",
    host: "127.0.0.1",
    port: 0,
    certificates,
    clientCa,
    tokens: { reviewToken: async (): Promise<TokenVerdict> => ({ kind: "rejected" }) },
    authorization: {
      kind: "webhook",
      reviewer: {
        reviewAccess: async (question) => {
          questions.push(question);
          return question.user.groups.includes("system:masters");
        },
      },
    },
    pods: createPodView({ pod: createPod("p"), status: RUNNING }),
    provider: { info: () => providerInfo() },
    logs,
    streams,
    stats,
    health: { syncLoop: () => undefined, notReady: () => [] },
    metrics,
    logger: pino({ level: "debug" }, { write: (text: string) => void logLines.push(text) }),
    clock,
    ...options,
  });
  const { port } = await server.listen();
  const open = opener(pki, port);
  const send = async (method: string, path: string, how: SendOptions = {}): Promise<Answer> =>
    readAnswer(await open(method, path, how));
  return {
    server,
    port,
    clock,
    logs,
    streams,
    stats,
    metrics,
    certificates,
    clientCa,
    questions,
    logLines,
    send,
    open,
  };
}

function opener(pki: TestPki, port: number): ServerUnderTest["open"] {
  return (method, path, { as = pki.admin, headers = {}, agent, signal } = {}) =>
    new Promise((resolve, reject) => {
      const identity = as === "nobody-at-all" ? {} : { cert: as.cert, key: as.key };
      const target: RequestOptions = { host: "127.0.0.1", port, method, path, headers, ca: pki.authority.cert };
      const options = signal === undefined ? target : { ...target, signal };
      const call = request({ ...options, ...identity, agent: agent ?? false }, resolve);
      call.on("error", reject);
      call.end();
    });
}

/** Reads an answer to its end, also when the connection breaks. */
export async function readAnswer(message: IncomingMessage): Promise<Answer> {
  let body = "";
  message.setEncoding("utf8");
  try {
    for await (const text of message) body += String(text);
  } catch {
    // Told by `complete`.
  }
  return { status: message.statusCode ?? 0, headers: message.headers, body, complete: message.complete };
}
