/**
 * grpc.health.v1: says that the process serves, and nothing of the backend; a backend outage must not restart a
 * provider. Needs no session.
 */
import { type Channel, connect } from "./client.js";
import type { CallContext, CallOptions } from "./definition.js";
import { type HealthAnswer, HealthService, type HealthStatus } from "./health-messages.js";
import type { RpcServer } from "./server.js";
import { Code, isStatusError, StatusError } from "./status.js";

/** The health of a server's services. All serve at first. */
export interface Health {
  /** Sets one service, or with "" the server as a whole. @throws Error for a service that was not named at the start. */
  set(service: string, serving: boolean): void;
}

/** Adds the health service for the services with these full names, and for the server as a whole. */
export function addHealth(server: RpcServer, services: readonly string[]): Health {
  const board = new Board(services);
  server.add(HealthService, {
    check: async ({ service }) => ({ status: board.read(service) ?? fail(service) }),
    watch: ({ service }, context) => watch(board, service, context),
  });
  return { set: (service, serving) => board.set(service, serving ? "SERVING" : "NOT_SERVING") };
}

/**
 * Asks a server for its health, or for one service's. Rejects with a StatusError when the server cannot be asked:
 * UNIMPLEMENTED where it has no health service.
 */
export async function checkHealth(
  channel: Channel,
  options: CallOptions & { readonly service?: string },
): Promise<HealthStatus> {
  try {
    const answer = await connect(HealthService, channel).check({ service: options.service ?? "" }, options);
    return answer.status;
  } catch (error) {
    if (isStatusError(error) && error.code === Code.NOT_FOUND) return "SERVICE_UNKNOWN";
    throw error;
  }
}

/** The statuses, and who waits for a change of them. */
class Board {
  readonly #statuses: Map<string, HealthStatus>;
  readonly #waiting = new Set<() => void>();

  constructor(services: readonly string[]) {
    this.#statuses = new Map(["", ...services].map((service) => [service, "SERVING"]));
  }

  read(service: string): HealthStatus | undefined {
    return this.#statuses.get(service);
  }

  set(service: string, status: HealthStatus): void {
    if (!this.#statuses.has(service)) throw new Error(`health: there is no service "${service}"`);
    this.#statuses.set(service, status);
    for (const wake of this.#waiting) wake();
  }

  /** Resolves at the next change, or when the signal fires. */
  async change(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    this.#waiting.add(wake);
    signal.addEventListener("abort", wake);
    if (signal.aborted) wake();
    await promise;
    this.#waiting.delete(wake);
    signal.removeEventListener("abort", wake);
  }
}

async function* watch(board: Board, service: string, { signal, stopping }: CallContext): AsyncGenerator<HealthAnswer> {
  const ended = AbortSignal.any([signal, stopping]);
  let last: HealthStatus | undefined;
  while (!ended.aborted) {
    const status = board.read(service) ?? "SERVICE_UNKNOWN";
    if (status !== last) yield { status };
    last = status;
    await board.change(ended);
  }
  signal.throwIfAborted();
  yield { status: "NOT_SERVING" };
}

function fail(service: string): never {
  throw new StatusError(Code.NOT_FOUND, `health: there is no service "${service.slice(0, 128)}"`);
}
