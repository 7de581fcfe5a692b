// Stands before a registry and can hold what images are made of, so that a pull stays under way.

import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { findTestImages, type Hold, startRegistry } from "@outboard/runtimes";

export interface SlowRegistry extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly blobs: Hold;
}

export async function startSlowRegistry(): Promise<SlowRegistry> {
  const registry = await startRegistry({ store: findTestImages() ?? "" });
  const state = { isHeld: false, waiting: [] as (() => void)[] };
  const server = createServer((incoming, response) => {
    const go = (): void => passOn(incoming, response, registry.port);
    if (state.isHeld && incoming.url?.includes("/blobs/") === true) state.waiting.push(go);
    else go();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const blobs: Hold = {
    arm: () => (state.isHeld = true),
    isReached: () => state.waiting.length > 0,
    release: () => {
      state.isHeld = false;
      for (const go of state.waiting.splice(0)) go();
    },
  };
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await registry[Symbol.asyncDispose]();
  };
  return { url: `http://127.0.0.1:${port}`, port, blobs, [Symbol.asyncDispose]: close };
}

function passOn(incoming: IncomingMessage, response: ServerResponse, port: number): void {
  const { method, url: path, headers } = incoming;
  const asked = request({ host: "127.0.0.1", port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  asked.once("error", () => response.destroy());
  response.once("error", () => asked.destroy());
  incoming.pipe(asked);
}
