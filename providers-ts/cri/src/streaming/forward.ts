/**
 * One connection to a port of a sandbox over the streaming server: a stream for the bytes and one for an error's text. The
 * server never says that the connection stands, so that a short silence has to do: a refusal comes from the same machine.
 */
import type { Duplex } from "node:stream";
import { dialSpdy } from "./dial.js";
import type { SpdyConnection } from "./spdy/connection.js";
import type { SpdyStream } from "./spdy/stream.js";

const PROTOCOLS = ["portforward.k8s.io"];
/** How long a refusal is waited for. */
const SILENCE_MS = 50;
const MOST_TEXT_CHARS = 1024;

/** Connects to the port of the URL's sandbox. Rejects when that is refused. */
export async function openForward(url: string, port: number): Promise<Duplex> {
  return await forwardOver(await dialSpdy(url, PROTOCOLS, new AbortController().signal), port);
}

/** The same over a connection to the server. */
export async function forwardOver(connection: SpdyConnection, port: number): Promise<Duplex> {
  const open = (streamtype: string): SpdyStream => connection.open({ streamtype, port: String(port), requestid: "0" });
  const errors = open("error");
  errors.end();
  const data = open("data");
  const refusal = hear(errors);
  data.holdEnd(refusal.text); // a server that cannot connect may close the data first, and say so then
  try {
    await settled(data, refusal);
    if (refusal.hasBegun()) throw new Error(await refusal.text);
  } catch (error) {
    connection.destroy();
    throw error;
  }
  // At the first byte: the end of the data may be right behind it, and must not be taken for the pod's.
  errors.on("data", () => data.destroy(new Error("the connection broke")));
  data.once("close", () => connection.destroy());
  return data;
}

interface Refusal {
  readonly hasBegun: () => boolean;
  /** The whole text; "" when the server had nothing to say. */
  readonly text: Promise<string>;
}

function hear(errors: SpdyStream): Refusal {
  let text = "";
  const whole = Promise.withResolvers<string>();
  errors.on("data", (bytes: Buffer) => {
    if (text.length < MOST_TEXT_CHARS) text += String(bytes);
  });
  errors.once("end", () => whole.resolve(text.trim())).once("close", () => whole.resolve(text.trim()));
  return { hasBegun: () => text !== "", text: whole.promise };
}

/** Resolves at the first byte, or after the silence; rejects with the refusal's text. */
async function settled(data: SpdyStream, { text }: Refusal): Promise<void> {
  const { promise: stands, resolve, reject } = Promise.withResolvers<void>();
  const timeout = setTimeout(resolve, SILENCE_MS);
  // At the end of a refused connection it is told too, without a byte.
  const onReadable = (): void => {
    if (data.readableLength > 0) resolve();
  };
  data.on("readable", onReadable);
  void text.then((said) => (said === "" ? undefined : reject(new Error(said))));
  try {
    await stands;
  } finally {
    clearTimeout(timeout);
    data.off("readable", onReadable);
  }
}
