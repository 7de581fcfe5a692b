/** What a SPDY connection bears before it refuses, rests, or ends. */

/** What a connection bears. */
export interface SpdyLimits {
  /** Streams open at once; one more is refused. */
  readonly maxStreams: number;
  /** Unread bytes of one stream; with more the whole connection stops reading. */
  readonly maxBufferedBytes: number;
  /** Time without a frame but PING. */
  readonly idleMs: number;
  /** Time between our PINGs, which notice a peer that is gone while nothing is read from it. */
  readonly pingMs: number;
  /** Time that a peer has to hang up after our last byte. */
  readonly lingerMs: number;
}

export const DEFAULT_LIMITS: SpdyLimits = {
  maxStreams: 1024,
  maxBufferedBytes: 256 * 1024,
  idleMs: 4 * 3_600_000,
  pingMs: 10_000,
  lingerMs: 5_000,
};
