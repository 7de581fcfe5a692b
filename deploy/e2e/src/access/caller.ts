// Requests to a kubelet port as it gets them from anybody: any path as it stands, any credentials, upgrades too.

import { Agent, request } from "node:https";
import type { Identity } from "@outboard/devcluster";

/** What a caller shows of itself. */
export interface Credentials {
  /** A certificate. */
  readonly identity?: Identity;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A caller with its connections; these are closed when it is disposed of. */
export interface Caller extends Disposable {
  /** The status of the answer; 101: the connection was switched, and is cut. */
  status(call: Call): Promise<number>;
}

const TIMEOUT_MS = 20_000;

/** A caller of the port on loopback. */
export function createCaller(port: number, credentials: Credentials): Caller {
  const { identity, headers } = credentials;
  const pair = identity === undefined ? {} : { cert: identity.certificatePem, key: identity.keyPem };
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false, ...pair });
  return {
    status: (call) =>
      new Promise((resolve, reject) => {
        const sent = request({
          host: "127.0.0.1",
          port,
          method: call.method,
          path: call.path,
          headers: { ...headers, ...call.headers },
          agent,
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        sent.once("error", reject);
        sent.once("response", (answer) => {
          answer.once("error", () => undefined);
          resolve(answer.statusCode ?? 0);
          if (call.path.includes("follow")) answer.destroy();
          else answer.resume();
        });
        sent.once("upgrade", (answer, socket) => {
          resolve(answer.statusCode ?? 0);
          socket.destroy();
        });
        sent.end();
      }),
    [Symbol.dispose]: () => agent.destroy(),
  };
}
