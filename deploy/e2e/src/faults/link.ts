// Stands between gateway and provider: passes bytes on, cuts, swallows, or delays them.

import { connect, createServer, type NetConnectOpts, type ListenOptions, type Socket } from "node:net";

/** cut: connections end and none is taken. swallow: they stay, and nothing comes through. slow: each piece is late. */
export type LinkMode = "pass" | "cut" | "swallow" | "slow";

export interface Link extends AsyncDisposable {
  set(mode: LinkMode): void;
  /** Connections and pieces that were spoiled so far. */
  struck(): number;
}

const LATE_MS = 400;

export async function startLink(from: ListenOptions, to: NetConnectOpts): Promise<Link> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let mode: LinkMode = "pass";
  let struck = 0;
  const end = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };
  const carry = (source: Socket, sink: Socket): void => {
    source.on("data", (chunk: Buffer) => {
      if (mode !== "pass") struck++;
      if (mode === "slow") setTimeout(() => sink.write(chunk), LATE_MS);
      else if (mode === "pass") sink.write(chunk);
    });
    source.on("error", () => undefined);
    source.once("close", () => sink.destroy());
  };
  const server = createServer((near) => {
    if (mode === "cut") {
      struck++;
      near.destroy();
      return;
    }
    const far = connect(to);
    const pair = [near, far] as const;
    pairs.add(pair);
    near.once("close", () => pairs.delete(pair));
    carry(near, far);
    carry(far, near);
  });
  await new Promise<void>((resolve) => server.listen(from, resolve));
  return {
    set: (next) => {
      const hadHole = mode === "swallow";
      mode = next;
      if (next === "cut") struck += pairs.size;
      // What was swallowed is missing in the middle of the stream: such a connection is of no use any more.
      if (next === "cut" || (hadHole && next !== "swallow")) end();
    },
    struck: () => struck,
    [Symbol.asyncDispose]: async () => {
      end();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
