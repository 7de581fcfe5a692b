/**
 * What provider and shim say to each other over the pod's private socket: one request line of JSON per connection, one
 * answer line; `watch` then sends lines, `exec`, `attach` and `dial` go on with frames or raw bytes. Types only, and frames.
 *
 * A shim outlives the provider that started it, so a provider may meet shims of other versions: it asks `hello` first. What
 * all versions keep: one line each way, `hello`, the lines of the journal, and that the shim's end closes its connections.
 */

/** Raised with every change that an older side would get wrong. */
export const SHIM_VERSION = 1;

/** Answer to `hello`. */
export interface Hello {
  readonly version: number;
}

/** How an instance ended, as the shim saw it. */
export interface ExitRecord {
  readonly exitCode?: number;
  readonly signal?: number;
  readonly reason: string;
  readonly finishedAt: number;
}

/** One instance, as kept on disk. */
export interface InstanceRecord {
  readonly container: string;
  readonly attempt: number;
  readonly id: string;
  readonly startedAt: number;
  /** In the shim's process namespace. */
  readonly pid: number;
  /** Start time of that process in clock ticks since boot: tells it from a later one with its number. */
  readonly startTicks: number;
  /** The provider's own facts, never read by the shim. */
  readonly facts: unknown;
  readonly exit?: ExitRecord;
}

/** Everything that the shim needs to run one instance. The scripts are shell text, base64; nothing of it is stored. */
export interface StartOrder {
  readonly container: string;
  readonly attempt: number;
  readonly id: string;
  readonly facts: unknown;
  /** Reads the launch script from descriptor 0; 3 is the instance's stdin, 4 takes "ok" or "err REASON TEXT". */
  readonly argv: readonly string[];
  readonly script: string;
  /** As argv and script, with @PID@, @COMMAND@ and @TERM@ to be filled in. */
  readonly execArgv: readonly string[];
  readonly execScript: string;
  /** The started program forks; its only child is the instance's first process, and takes all others along. */
  readonly nested: boolean;
  readonly logPath: string;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  /** Who owns the standard streams. */
  readonly uid: number;
  readonly gid: number;
  /** Control group folders of the instance; emptied and removed at its end. */
  readonly cgroups: readonly string[];
  /** Folders of the instance's own, removed at its end. */
  readonly scratch: readonly string[];
}

export type ShimRequest =
  | { readonly op: "hello" }
  | { readonly op: "start"; readonly order: StartOrder }
  | {
      readonly op: "stop";
      readonly container: string;
      readonly attempt: number;
      readonly signal: string;
      readonly graceMs: number;
    }
  | { readonly op: "forget"; readonly container: string; readonly attempt: number }
  | { readonly op: "reopen"; readonly container: string; readonly attempt: number }
  | { readonly op: "list" }
  | { readonly op: "watch" }
  | { readonly op: "usage" }
  | { readonly op: "end" }
  | { readonly op: "dial"; readonly port: number }
  | { readonly op: "attach"; readonly container: string; readonly attempt: number; readonly stdin: boolean }
  | {
      readonly op: "exec";
      readonly container: string;
      readonly attempt: number;
      readonly command: readonly string[];
      readonly stdin: boolean;
      readonly size?: WindowSize;
      readonly tty: boolean;
    };

export interface WindowSize {
  readonly width: number;
  readonly height: number;
}

export type ShimAnswer =
  | { readonly kind: "ok"; readonly value: unknown }
  | { readonly kind: "failed"; readonly reason: string; readonly message: string };

/** Usage of one running instance. */
export interface UsageRecord {
  readonly container: string;
  readonly cpuNanos: string;
  readonly memoryUsageBytes: number;
  readonly workingSetBytes: number;
  readonly rssBytes: number;
}

/** Frame kinds. Towards the shim: stdin, end, resize; towards the provider: stdout, stderr, exit (JSON). */
export const FRAME = { stdin: 0, stdout: 1, stderr: 2, exit: 3, end: 4, resize: 5 } as const;

export interface Frame {
  readonly kind: number;
  readonly body: Buffer;
}

const HEAD = 5;

export function encodeFrame(kind: number, body: Uint8Array): Buffer {
  return Buffer.concat(frameParts(kind, body));
}

/** The bytes of a frame, its body not copied. */
export function frameParts(kind: number, body: Uint8Array): readonly [head: Buffer, body: Uint8Array] {
  const head = Buffer.allocUnsafe(HEAD);
  head.writeUInt8(kind, 0);
  head.writeUInt32BE(body.length, 1);
  return [head, body];
}

/** Splits bytes into frames; returns the rest that is not complete yet. */
export function decodeFrames(bytes: Buffer, each: (frame: Frame) => void): Buffer {
  let rest = bytes;
  while (rest.length >= HEAD && rest.length >= HEAD + rest.readUInt32BE(1)) {
    const end = HEAD + rest.readUInt32BE(1);
    each({ kind: rest.readUInt8(0), body: rest.subarray(HEAD, end) });
    rest = rest.subarray(end);
  }
  return rest;
}

/** Takes frames apart as they come; the bodies of some kinds are handed on in pieces, without waiting for the whole. */
export class FrameReader {
  readonly #piecewise: ReadonlySet<number>;
  #rest: Buffer = Buffer.alloc(0);
  /** Of a body that is handed on in pieces. */
  #open: { readonly kind: number; readonly missing: number } | undefined;

  constructor(piecewise: ReadonlySet<number>) {
    this.#piecewise = piecewise;
  }

  /** The frames, and pieces of frames, that these bytes bring. */
  take(bytes: Buffer): readonly Frame[] {
    const frames: Frame[] = [];
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): Frame | undefined {
    if (this.#open !== undefined) return this.#piece(this.#open);
    if (this.#rest.length < HEAD) return undefined;
    const kind = this.#rest.readUInt8(0);
    const length = this.#rest.readUInt32BE(1);
    if (this.#piecewise.has(kind) && length > 0) {
      this.#rest = this.#rest.subarray(HEAD);
      this.#open = { kind, missing: length };
      return this.#piece(this.#open);
    }
    if (this.#rest.length < HEAD + length) return undefined;
    const body = this.#rest.subarray(HEAD, HEAD + length);
    this.#rest = this.#rest.subarray(HEAD + length);
    return { kind, body };
  }

  #piece({ kind, missing }: { readonly kind: number; readonly missing: number }): Frame | undefined {
    if (this.#rest.length === 0) return undefined;
    const body = this.#rest.subarray(0, missing);
    this.#rest = this.#rest.subarray(body.length);
    this.#open = body.length < missing ? { kind, missing: missing - body.length } : undefined;
    return { kind, body };
  }
}
