/** Points at which the process kills itself when it was told to: for tests of crashes. */
import { DiePoint } from "@outboard/contract";

/** A point of death. */
export type DeathPoint = Exclude<keyof typeof DiePoint, "UNSPECIFIED">;

/** The armed point. */
export class DeathRow {
  #armed: number = DiePoint.UNSPECIFIED;

  arm(point: number): void {
    this.#armed = point;
  }

  /** Dies here, if this point is armed. */
  pass(point: DeathPoint): void {
    if (this.#armed === DiePoint[point]) process.kill(process.pid, "SIGKILL");
  }
}
