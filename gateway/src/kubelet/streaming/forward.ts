/** One forwarded TCP connection: bytes both ways until both directions are closed, or one of them breaks. */
import type { Readable, Writable } from "node:stream";
import type { Clock } from "../../ports/clock.js";
import { type ForwardInput, type ForwardOutput, ProviderError } from "../../ports/provider.js";
import { readAll } from "./input.js";
import { writeAll } from "./waiting.js";

/** The client's side of one connection, whatever carries it. */
export interface ForwardClient {
  readonly port: number;
  readonly input: Readable;
  readonly output: Writable;
  /** The pod sends no more. */
  endOutput(): void;
  /** It could not be established, or must end: the user is told, and kubectl then ends the whole port-forward. */
  refuse(message: string): void;
  /** The established connection broke. Without a text: kubectl goes on with its other connections. */
  cut(): void;
}

/** Opens the provider's side. */
export type OpenForward = (
  port: number,
  input: AsyncIterable<ForwardInput>,
  signal: AbortSignal,
) => Promise<AsyncIterable<ForwardOutput>>;

/** How to relay. */
export interface RelayOptions {
  readonly open: OpenForward;
  readonly clock: Clock;
  /** Aborts when the gateway stops. */
  readonly signal: AbortSignal;
}

/** A client that has left for good often sends its end only; without a limit a pod that streams would stream for ever. */
const CLIENT_ENDED_MS = 60_000;
const POD_ENDED_MS = 10_000;

/** Relays to the end. Never rejects. */
export async function relay(client: ForwardClient, options: RelayOptions): Promise<void> {
  const connection = new Relay(client, options);
  try {
    await connection.run();
  } catch (error) {
    connection.fail(error);
  } finally {
    connection.release();
  }
}

class Relay {
  readonly #client: ForwardClient;
  readonly #options: RelayOptions;
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  #stands = false;

  constructor(client: ForwardClient, options: RelayOptions) {
    this.#client = client;
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#over.signal]);
    client.input.once("close", () => {
      if (!client.input.readableEnded) this.#over.abort();
    });
  }

  async run(): Promise<void> {
    const { port, output } = this.#client;
    const outputs = await this.#options.open(port, this.#input(), this.#signal);
    this.#stands = true;
    for await (const each of outputs) {
      if (each.kind === "broken") throw new ProviderError(each.message);
      if (each.kind === "data") await writeAll(output, each.data, this.#signal);
      else this.#endOutput();
    }
    this.#signal.throwIfAborted();
    this.#endOutput();
  }

  fail(error: unknown): void {
    const { signal } = this.#options;
    if (signal.aborted) this.#client.refuse("the gateway is stopping");
    else if (this.#stands || this.#over.signal.aborted) this.#client.cut();
    else this.#client.refuse(refusalText(this.#client.port, error));
  }

  release(): void {
    this.#over.abort();
  }

  async *#input(): AsyncGenerator<ForwardInput> {
    for await (const data of readAll(this.#client.input, this.#signal)) yield { kind: "data", data };
    if (this.#signal.aborted) return;
    void this.#endAfter(CLIENT_ENDED_MS);
    yield { kind: "half-close" };
  }

  #endOutput(): void {
    if (this.#client.output.writableEnded) return;
    this.#client.endOutput();
    void this.#endAfter(POD_ENDED_MS);
  }

  async #endAfter(ms: number): Promise<void> {
    await this.#options.clock.sleep(ms, this.#over.signal).catch(() => {});
    this.#over.abort();
  }
}

function refusalText(port: number, error: unknown): string {
  const reason = error instanceof ProviderError ? error.message : "the connection could not be made";
  return `error forwarding port ${port} to pod: ${reason}`;
}
