/** Encoding of messages by a writer that is used again: a new one grows by copying, which every chunk of a stream would pay. */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import type { MessageCodec } from "./definition.js";

/** A writer that has grown beyond this is let go, bytes. */
const KEPT_BYTES = 256 * 1024;

let spare: BinaryWriter | undefined;

/** The bytes of a message; they are nobody else's. */
export function encodeMessage(codec: MessageCodec<unknown>, message: unknown): Buffer {
  const writer = spare ?? new BinaryWriter();
  spare = undefined; // one that has thrown still holds what it wrote
  const bytes = codec.encode(message, writer).finish();
  if (bytes.length <= KEPT_BYTES) spare = writer;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
