// A Docker engine by its API alone: per pod an infra container and one that joins it, asking for what we ask for.

import { Agent, request } from "node:http";
import type { Bare } from "./bare.js";
import { type AskEngine, type DockerTemplate, mainBody } from "./docker-template.js";

/** As many connections as the provider has. */
const CONNECTIONS = 32;

export interface Engine extends Disposable {
  readonly ask: AskEngine;
}

export function openEngine(socketPath: string): Engine {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  return {
    ask: async (method, path, body) => send({ agent, socketPath, method, path }, body),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

/** The calls that change something; no others. */
export function bareDocker({ ask }: Engine, template: DockerTemplate): Bare {
  const startContainer = async (name: string, body: unknown): Promise<string> => {
    const { Id } = await ask<{ readonly Id: string }>("POST", `/containers/create?name=${name}`, body);
    await ask("POST", `/containers/${Id}/start`);
    return Id;
  };
  return {
    contender: "api",
    start: async (name, noteSandbox) => {
      const infra = await startContainer(`${name}-infra`, template.infra);
      noteSandbox();
      await startContainer(`${name}-main`, mainBody(template, infra));
    },
    clear: async () => {
      const all = await ask<readonly { readonly Id: string }[]>("GET", "/containers/json?all=1");
      await Promise.all(all.map(async ({ Id }) => ask("DELETE", `/containers/${Id}?force=1&v=1`)));
    },
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
