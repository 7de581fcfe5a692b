/** What runs beside a connection: PINGs, and its end when nobody uses it. */
import type { Clock } from "../../../ports/clock.js";

/** A connection to keep alive. */
export interface KeepAliveOptions {
  readonly clock: Clock;
  /** Aborts when the connection is over. */
  readonly signal: AbortSignal;
  readonly pingMs: number;
  readonly idleMs: number;
  /** Milliseconds since 1970. */
  readonly lastActivity: () => number;
  /** Sends a PING; ids are even and rise. A missing answer means nothing: a slow reader delays it. */
  readonly ping: (id: number) => void;
  /** Called again after as long a time, unless the connection is over. */
  readonly onIdle: () => void;
}

const LARGEST_ID = 0x7f_ff_ff_fe;

/** Runs until the connection is over. Never rejects. */
export async function keepAlive(options: KeepAliveOptions): Promise<void> {
  await Promise.allSettled([sendPings(options), watchIdle(options)]);
}

async function sendPings({ clock, signal, pingMs, ping }: KeepAliveOptions): Promise<never> {
  for (let id = 2; ; id = id === LARGEST_ID ? 2 : id + 2) {
    await clock.sleep(pingMs, signal);
    ping(id);
  }
}

async function watchIdle({ clock, signal, idleMs, lastActivity, onIdle }: KeepAliveOptions): Promise<never> {
  for (;;) {
    await clock.sleep(lastActivity() + idleMs - clock.now(), signal);
    if (lastActivity() + idleMs <= clock.now()) onIdle();
  }
}
