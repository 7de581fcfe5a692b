/** Kubernetes Events: recorded without waiting, aggregated and limited as client-go does, lost rather than late. */

/** What an event is about. */
export interface EventTarget {
  readonly kind: "Pod" | "Node";
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion?: string;
  /** For containers: "spec.containers{name}". */
  readonly fieldPath?: string;
}

/** One event. */
export interface EventDraft {
  readonly target: EventTarget;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  /** At most 1024 bytes; no secrets. */
  readonly message: string;
  /** Tells this occurrence from all others of the target: told again, by whomever, it is the same event. Absent: a new one. */
  readonly occurrence?: string;
}

/** Takes events. Never throws. */
export interface EventSink {
  record(event: EventDraft): void;
}
