// A Docker engine by its API alone: per pod a container that holds the network, and one that joins it.

import { Agent, request } from "node:http";
import type { Bare } from "./bare.js";

/** As many connections as the provider has. */
const CONNECTIONS = 32;

export function openBareDocker(socketPath: string, image: string): Bare & Disposable {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const call = async <Answer>(method: string, path: string, body?: unknown): Promise<Answer> =>
    send<Answer>({ agent, socketPath, method, path }, body);
  const startContainer = async (name: string, NetworkMode: string): Promise<string> => {
    const body = { Image: image, HostConfig: { NetworkMode } };
    const { Id } = await call<{ readonly Id: string }>("POST", `/containers/create?name=${name}`, body);
    await call("POST", `/containers/${Id}/start`);
    return Id;
  };
  return {
    contender: "api",
    start: async (name, noteSandbox) => {
      const infra = await startContainer(`${name}-infra`, "bridge");
      noteSandbox();
      await startContainer(`${name}-main`, `container:${infra}`);
    },
    clear: async () => {
      const all = await call<readonly { readonly Id: string }[]>("GET", "/containers/json?all=1");
      await Promise.all(all.map(async ({ Id }) => call("DELETE", `/containers/${Id}?force=1&v=1`)));
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}

interface Call {
  readonly agent: Agent;
  readonly socketPath: string;
  readonly method: string;
  readonly path: string;
}

async function send<Answer>(call: Call, body: unknown): Promise<Answer> {
  const bytes = Buffer.from(body === undefined ? "" : JSON.stringify(body));
  const headers = { Host: "docker", "Content-Type": "application/json", "Content-Length": bytes.length };
  const text = await new Promise<string>((resolve, reject) => {
    const sent = request({ ...call, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.once("error", reject);
      answer.once("end", () => {
        const said = Buffer.concat(chunks).toString();
        if ((answer.statusCode ?? 500) < 400) resolve(said);
        else reject(new Error(`${call.method} ${call.path}: ${answer.statusCode} ${said.trim()}`));
      });
    });
    sent.once("error", reject);
    sent.end(bytes);
  });
  return (text === "" ? undefined : JSON.parse(text)) as Answer;
}
