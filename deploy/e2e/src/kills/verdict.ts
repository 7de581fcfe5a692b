// Whether what is left of a cell is ours to answer for. Pure.

/** What is known of the cell and of the runtime alone. */
export interface Circumstances {
  /** The runtime, killed so without Outboard, keeps an idle shim of the creation that was cut off. */
  readonly runtimeKeepsShim: boolean;
  /** The runtime was killed while it created this container. */
  readonly cutOff: string | undefined;
}

/** Traces for which we answer. Of one creation that was cut off the runtime may keep the idle shim, as it does alone. */
export function oursOf(traces: readonly string[], { runtimeKeepsShim, cutOff }: Circumstances): readonly string[] {
  if (!runtimeKeepsShim || cutOff === undefined) return traces;
  return traces.filter((trace) => trace !== `shim ${cutOff}`);
}
