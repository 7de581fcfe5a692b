/**
 * How busy the machine is. A little work is timed every now and then: where it takes five times as long as its share of a
 * core says, the provider beside it fares no better, and what it may take is stretched by as much.
 */

/** What the measure needs of the machine; times are milliseconds. */
export interface MachineClock {
  readonly now: () => number;
  /** CPU time that this process has used. */
  readonly used: () => number;
}

/** What waits ask. */
export interface Load {
  /** How many times longer things took since then than on a quiet machine, 1 to 10. */
  readonly factorSince: (since: number) => number;
}

interface Sample {
  readonly at: number;
  readonly factor: number;
}

const EVERY_MS = 500;
const WORK_MS = 4;
const LONGEST_WORK_MS = 400;
const KEPT = 600;
const MOST = 10;
/** Below it a machine counts as quiet. */
const QUIET = 2;

const MACHINE: MachineClock = {
  now: () => performance.now(),
  used: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};

/** Measures from its making until it is disposed of. */
export class MachineLoad implements Load, Disposable {
  readonly #clock: MachineClock;
  readonly #samples: Sample[] = [];
  readonly #timer: NodeJS.Timeout;
  #due: number;

  constructor(clock: MachineClock = MACHINE) {
    this.#clock = clock;
    this.#due = clock.now() + EVERY_MS;
    this.#timer = setInterval(() => this.sample(), EVERY_MS);
    this.#timer.unref();
  }

  factorSince(since: number): number {
    const seen = this.#samples.filter(({ at }) => at >= since);
    const list = seen.length > 0 ? seen : this.#samples.slice(-1);
    if (list.length === 0) return 1;
    const mean = list.reduce((sum, { factor }) => sum + factor, 0) / list.length;
    return mean < QUIET ? 1 : Math.min(MOST, mean);
  }

  /** Times a little work now; how late its turn came counts as well. */
  sample(): void {
    const { now, used } = this.#clock;
    const [from, usedBefore] = [now(), used()];
    const late = Math.max(0, from - this.#due);
    while (used() - usedBefore < WORK_MS && now() - from < LONGEST_WORK_MS);
    const took = now() - from;
    const worked = Math.max(1, used() - usedBefore);
    this.#samples.push({ at: from, factor: (late + took) / worked });
    if (this.#samples.length > KEPT) this.#samples.shift();
    this.#due = now() + EVERY_MS;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
