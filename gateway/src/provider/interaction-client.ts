/**
 * Interactions, over one connection after another. A client that is cut off resets its call, and HTTP/2 servers take many
 * resets for an attack and close the connection with all calls on it (Node.js after 1,000, Netty after 200): so that each
 * connection bears few calls only. An old one lives as long as its calls.
 */
import { type Channel, type Client, connect, InteractionServiceDefinition } from "@outboard/contract";

export type InteractionClient = Client<typeof InteractionServiceDefinition>;

/** A client, and the end of its connections. */
export interface InteractionConnections extends Disposable {
  readonly client: InteractionClient;
}

const CALLS_PER_CONNECTION = 100;

interface Place {
  readonly channel: Channel;
  readonly client: InteractionClient;
}

/** Makes the client; `open` is called for each new channel. */
export function createInteractionConnections(open: () => Channel): InteractionConnections {
  let current = toPlace(open());
  let calls = 0;
  const next = (): InteractionClient => {
    if (calls === CALLS_PER_CONNECTION) {
      current.channel.retire();
      current = toPlace(open());
      calls = 0;
    }
    calls += 1;
    return current.client;
  };
  const client: InteractionClient = {
    logs: (request, options) => next().logs(request, options),
    exec: (input, options) => next().exec(input, options),
    attach: (input, options) => next().attach(input, options),
    portForward: (input, options) => next().portForward(input, options),
  };
  return { client, [Symbol.dispose]: () => current.channel[Symbol.dispose]() };
}

function toPlace(channel: Channel): Place {
  return { channel, client: connect(InteractionServiceDefinition, channel) };
}
