/**
 * One connection to a port of a sandbox over the streaming server: a stream for the bytes and one for an error's text. The
 * server never says that the connection stands, so that a short silence has to do: a refusal comes from the same machine.
 */
import type { Duplex, Readable } from "node:stream";
import { dialSpdy } from "./dial.js";
import type { SpdyConnection } from "./spdy/connection.js";
import type { SpdyStream } from "./spdy/stream.js";

const PROTOCOLS = ["portforward.k8s.io"];
/** How long a refusal is waited for. */
const SILENCE_MS = 50;
const MOST_TEXT_CHARS = 1024;

/** Connects to the port of the URL's sandbox. Rejects when that is refused. */
export async function openForward(url: string, port: number): Promise<Duplex> {
  const connection = await dialSpdy(url, PROTOCOLS, new AbortController().signal);
  const open = (streamtype: string): SpdyStream => connection.open({ streamtype, port: String(port), requestid: "0" });
  const errors = open("error");
  errors.end();
  const data = open("data");
  const refusal = readText(errors);
  try {
    await settled(data, refusal);
  } catch (error) {
    connection.destroy();
    throw error;
  }
  return toDuplex(connection, data, refusal);
}

/** Resolves at the first byte, the end, or after the silence; rejects with the error's text. */
async function settled(data: SpdyStream, refusal: Promise<string>): Promise<void> {
  const { promise: stands, resolve, reject } = Promise.withResolvers<void>();
  const timeout = setTimeout(resolve, SILENCE_MS);
  // At the end of a refused connection it is told too, without a byte.
  const onReadable = (): void => {
    if (data.readableLength > 0) resolve();
  };
  data.on("readable", onReadable);
  void refusal.then((text) => (text === "" ? undefined : reject(new Error(text))));
  try {
    await stands;
  } finally {
    clearTimeout(timeout);
    data.off("readable", onReadable);
  }
}

function toDuplex(connection: SpdyConnection, data: SpdyStream, refusal: Promise<string>): Duplex {
  void refusal.then((text) => {
    if (text !== "") data.destroy(new Error(text));
  });
  data.once("close", () => connection.destroy());
  return data;
}

async function readText(stream: Readable): Promise<string> {
  let text = "";
  for await (const bytes of stream.iterator({ destroyOnReturn: false })) {
    if (text.length < MOST_TEXT_CHARS) text += String(bytes);
  }
  return text.trim();
}
