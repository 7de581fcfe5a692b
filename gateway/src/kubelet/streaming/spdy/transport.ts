/** Writes frames to a connection. Back-pressure is the connection's own: SPDY's windows are not used by Kubernetes' clients. */
import type { Duplex } from "node:stream";
import { encodeDataHead, MAX_PAYLOAD } from "./frames.js";

/** Answers that may wait for a peer that does not read. One that asks on and on without reading would fill the memory. */
const MAX_UNSENT_CONTROLS = 4096;

type Done = (error?: Error | null) => void;

/** The writing half of a connection. */
export class FrameWriter {
  readonly #socket: Duplex;
  #waiting: Done[] = [];
  #unsentControls = 0;

  constructor(socket: Duplex) {
    this.#socket = socket;
    socket.on("drain", () => this.#release(undefined));
  }

  /** Writes a control frame; dropped when nothing can be written any more. With too many waiting, the connection is cut. */
  control(frame: Buffer): void {
    if (!this.#socket.writable) return;
    if (this.#unsentControls >= MAX_UNSENT_CONTROLS) return void this.#socket.destroy();
    this.#unsentControls += 1;
    this.#socket.write(frame, () => (this.#unsentControls -= 1));
  }

  /** Writes a DATA frame; calls back once more may be written. */
  data(id: number, payload: Buffer, flags: number, done: Done): void {
    if (payload.length > MAX_PAYLOAD) {
      const rest = payload.subarray(MAX_PAYLOAD);
      this.data(id, payload.subarray(0, MAX_PAYLOAD), 0, (error) =>
        error instanceof Error ? done(error) : this.data(id, rest, flags, done),
      );
      return;
    }
    if (!this.#socket.writable) return done(new Error("the connection is closed"));
    this.#socket.cork();
    this.#socket.write(encodeDataHead(id, flags, payload.length));
    if (payload.length > 0) this.#socket.write(payload);
    this.#socket.uncork();
    if (this.#socket.writableNeedDrain) this.#waiting.push(done);
    else done();
  }

  /** Nothing will be written any more. */
  close(): void {
    this.#release(new Error("the connection is closed"));
  }

  #release(error: Error | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const done of waiting) done(error);
  }
}
