/** The engine's multiplexed streams: a header of eight bytes (stream, three zeros, length) before each piece. */

export type OutputName = "stdout" | "stderr";

export interface OutputPiece {
  readonly stream: OutputName;
  readonly bytes: Buffer;
}

const HEADER_BYTES = 8;
const STDERR = 2;

/** Takes a stream apart into pieces exactly as the engine wrote them. */
export class Demultiplexer {
  #rest: Buffer = Buffer.alloc(0);

  take(chunk: Buffer): readonly OutputPiece[] {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const pieces: OutputPiece[] = [];
    while (bytes.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + bytes.readUInt32BE(4);
      if (bytes.length < end) break;
      pieces.push({ stream: bytes[0] === STDERR ? "stderr" : "stdout", bytes: bytes.subarray(HEADER_BYTES, end) });
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
    return pieces;
  }
}
