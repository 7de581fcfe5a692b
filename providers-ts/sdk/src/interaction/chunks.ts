/** Cuts bytes into the chunks that the contract allows. */

/** Most bytes of one frame. */
export const MAX_CHUNK_BYTES = 32_768;

/** Yields `bytes` in pieces of at most 32 KiB; nothing for no bytes. */
export function* chunks(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += MAX_CHUNK_BYTES) yield bytes.subarray(at, at + MAX_CHUNK_BYTES);
}
